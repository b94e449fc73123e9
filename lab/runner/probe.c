/* probe.c - runs `--list` of every lane and reads what it prints. */
#include "lab/runner/probe.h"

#include "lab/runner/child.h"
#include "lab/runner/conversation.h"
#include "lab/runner/environment.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define LIST_LIMIT_S 30.0
#define DISTRIBUTIONS_PYTHON "/usr/bin/python3"
enum { PATH_SPACE = 4096 };

/* Calls `visit` with every folder of PATH until it says true. */
static bool for_each_folder(bool (*visit)(void *context, const char *folder), void *context) {
    const char *path = getenv("PATH");
    char *copy = strdup(path != NULL ? path : "/usr/local/bin:/usr/bin:/bin");
    char *rest = NULL;
    bool is_found = false;

    for (char *folder = copy != NULL ? strtok_r(copy, ":", &rest) : NULL;
         folder != NULL && !is_found; folder = strtok_r(NULL, ":", &rest)) {
        is_found = visit(context, folder);
    }
    free(copy);
    return is_found;
}

struct sought {
    const char *name;
    char *path;
    size_t space;
};

static bool is_here(void *context, const char *folder) {
    struct sought *sought = context;

    snprintf(sought->path, sought->space, "%s/%s", folder, sought->name);
    return access(sought->path, X_OK) == 0;
}

bool lab_python_resolve(const char *name, char *path, size_t space) {
    struct sought sought = {name, path, space};

    if (strchr(name, '/') != NULL) {
        snprintf(path, space, "%s", name);
        return access(path, X_OK) == 0;
    }
    return for_each_folder(is_here, &sought);
}

enum { PYTHONS_MAX = 64 };

struct list {
    char *text;
    size_t space;
    struct stat seen[PYTHONS_MAX]; /* one interpreter may have several names and folders */
    size_t seen_count;
};

/* python3, python3.11, python3.13t, ... */
static bool is_python_name(const char *name) {
    const char *rest = name + 7;

    if (strncmp(name, "python3", 7) != 0) {
        return false;
    }
    if (*rest == '.') {
        rest += 1 + strspn(rest + 1, "0123456789");
        rest += *rest == 't';
    }
    return *rest == '\0';
}

/* Is this file new to the list? */
static bool is_first_seen(struct list *list, const char *path) {
    struct stat *file = &list->seen[list->seen_count];

    if (list->seen_count == PYTHONS_MAX || stat(path, file) != 0) {
        return false;
    }
    for (size_t i = 0; i < list->seen_count; i++) {
        if (list->seen[i].st_dev == file->st_dev && list->seen[i].st_ino == file->st_ino) {
            return false;
        }
    }
    list->seen_count++;
    return true;
}

static bool add_pythons(void *context, const char *folder) {
    struct list *list = context;
    DIR *dir = opendir(folder);
    const struct dirent *entry;

    while (dir != NULL && (entry = readdir(dir)) != NULL) {
        size_t length = strlen(list->text);
        char path[PATH_SPACE];

        snprintf(path, sizeof path, "%s/%s", folder, entry->d_name);
        if (is_python_name(entry->d_name) && length + strlen(path) + 3 < list->space &&
            is_first_seen(list, path)) {
            snprintf(list->text + length, list->space - length, "%s%s", length > 0 ? ", " : "",
                     path);
        }
    }
    if (dir != NULL) {
        closedir(dir);
    }
    return false;
}

void lab_pythons_known(char *text, size_t space) {
    struct list list = {.text = text, .space = space};

    text[0] = '\0';
    (void)for_each_folder(add_pythons, &list);
    if (text[0] == '\0') {
        snprintf(text, space, "none");
    }
}

/* Everything the child prints, to be freed; NULL when it fails. `words` gets the end of its
 * stderr. */
static char *capture(char *const *argv, const char *python_path, char *words, size_t space) {
    struct lab_conversation conversation;
    struct lab_environment environment;
    struct lab_child child;
    char ended_by[32], *line, *text = NULL;
    size_t length = 0;
    double deadline_s = lab_now_s() + LIST_LIMIT_S;

    words[0] = '\0';
    if (lab_environment_make(&environment, python_path, 0) != 0) {
        return NULL;
    }
    if (lab_child_start(&child, LAB_SELF, argv, environment.items, true) != 0) {
        lab_environment_free(&environment);
        return NULL;
    }
    lab_environment_free(&environment);
    lab_child_close_in(&child);
    lab_conversation_open(&conversation, &child);
    while (lab_conversation_hear(&conversation, deadline_s, &line) == LAB_HEARD_LINE) {
        size_t more = strlen(line);
        char *larger = realloc(text, length + more + 2);

        if (larger == NULL) {
            break;
        }
        text = larger;
        memcpy(text + length, line, more);
        length += more;
        text[length++] = '\n';
        text[length] = '\0';
    }
    snprintf(words, space, "%s", lab_conversation_last_words(&conversation));
    lab_child_end(&child, ended_by, sizeof ended_by);
    lab_conversation_close(&conversation);
    if (strcmp(ended_by, "exit 0") != 0) {
        free(text);
        return NULL;
    }
    return text;
}

static const char *last_line(char *text) {
    size_t length = strlen(text);

    while (length > 0 && text[length - 1] == '\n') {
        text[--length] = '\0';
    }
    return strrchr(text, '\n') != NULL ? strrchr(text, '\n') + 1 : text;
}

static int list_lane(struct lab_lane *lane, const char *python, const char *python_path,
                     struct trd_error *error) {
    static char flag[] = "-m", module[] = "treadle.lab.cell", list[] = "--list", cell[] = "cell";
    static char self[] = LAB_SELF;
    char path[PATH_SPACE], words[LAB_LAST_WORDS_MAX + 1];
    char *native_argv[] = {self, cell, list, NULL};
    char *python_argv[] = {path, flag, module, list, NULL};
    char *text;
    int code;

    snprintf(path, sizeof path, "%s", python != NULL ? python : "");
    text = capture(python != NULL ? python_argv : native_argv, python_path, words, sizeof words);
    code = text != NULL ? lab_lane_parse(lane, text, python) : -EPROTO;
    free(text);
    if (code != 0) {
        snprintf(error->message, sizeof error->message,
                 "%.80s cannot run the lab's cells: %.110s; use Python 3.9 or later",
                 python != NULL ? python : "the native lane", last_line(words));
    }
    return code;
}

/* Two builds of one version are told apart by their paths. */
static int make_unique(struct lab_lanes *lanes) {
    struct lab_lane *last = &lanes->items[lanes->count - 1];

    for (size_t i = 0; i + 1 < lanes->count; i++) {
        if (strcmp(lanes->items[i].label, last->label) == 0 && last->executable != NULL) {
            size_t space = strlen(last->label) + strlen(last->executable) + 4;
            char *label = malloc(space);

            if (label == NULL) {
                return -ENOMEM;
            }
            snprintf(label, space, "%s (%s)", last->label, last->executable);
            free(last->label);
            last->label = label;
            return 0;
        }
    }
    return 0;
}

static bool is_listed(const struct lab_lanes *lanes, const char *executable) {
    for (size_t i = 0; i < lanes->count; i++) {
        if (lanes->items[i].executable != NULL &&
            strcmp(lanes->items[i].executable, executable) == 0) {
            return true;
        }
    }
    return false;
}

static int add_python(struct lab_lanes *lanes, const char *name, const char *python_path,
                      struct trd_error *error) {
    char path[PATH_SPACE], known[140];
    int code;

    if (!lab_python_resolve(name, path, sizeof path)) {
        lab_pythons_known(known, sizeof known);
        snprintf(error->message, sizeof error->message, "no interpreter '%.60s'; known here: %s",
                 name, known);
        return -ENOENT;
    }
    if (is_listed(lanes, path)) {
        return 0;
    }
    if (lanes->count + 1 >= LAB_LANES_MAX) {
        snprintf(error->message, sizeof error->message, "at most %d interpreters in one study",
                 LAB_LANES_MAX - 1);
        return -E2BIG;
    }
    code = list_lane(&lanes->items[lanes->count], path, python_path, error);
    if (code == 0) {
        lanes->count++;
        code = make_unique(lanes);
    }
    return code;
}

int lab_lanes_find(struct lab_lanes *lanes, const char *const *pythons, size_t count,
                   struct trd_error *error) {
    char python_path[PATH_SPACE];
    int code = 0;

    lanes->count = 0;
    lab_python_path(python_path, sizeof python_path);
    for (size_t i = 0; code == 0 && i < count; i++) {
        code = add_python(lanes, pythons[i], python_path, error);
    }
    if (count == 0) {
        bool has_it = access(DISTRIBUTIONS_PYTHON, X_OK) == 0;

        code = add_python(lanes, has_it ? DISTRIBUTIONS_PYTHON : "python3", python_path, error);
    }
    if (code == 0) {
        code = list_lane(&lanes->items[lanes->count], NULL, python_path, error);
    }
    if (code == 0) {
        lanes->count++;
    } else {
        lab_lanes_free(lanes);
    }
    return code;
}

void lab_lanes_free(struct lab_lanes *lanes) {
    for (size_t i = 0; i < lanes->count; i++) {
        lab_lane_free(&lanes->items[i]);
    }
    lanes->count = 0;
}
