/* interpreter_lock.c - who holds the interpreter's lock when the engine calls us.
 *
 * The engine calls its backend on three kinds of threads: on one that runs Python and holds the
 * lock (most calls); on one that gave the lock away to wait in the engine; and on a thread of the
 * engine's own, which the interpreter has never seen. What this thread gave away is noted per
 * thread: that is all that tells the first from the second.
 */
#include "extension.h"

static _Thread_local PyThreadState *given_away;

void interpreter_release(void) {
    given_away = PyEval_SaveThread();
}

void interpreter_retake(void) {
    PyThreadState *mine = given_away;
    given_away = NULL;
    PyEval_RestoreThread(mine);
}

void interpreter_enter(const struct engine *engine, struct interpreter_visit *visit) {
    *visit = (struct interpreter_visit){0};
    if (given_away != NULL) {
        visit->retaken = given_away;
        given_away = NULL;
        PyEval_RestoreThread(visit->retaken);
    } else if (PyGILState_GetThisThreadState() == NULL) {
        visit->made = PyThreadState_New(engine->interpreter);
        if (visit->made == NULL) {
            Py_FatalError("treadle: no memory for a thread's state");
        }
        PyEval_RestoreThread(visit->made);
    }
}

void interpreter_leave(struct interpreter_visit *visit) {
    if (visit->made != NULL) {
        PyThreadState_Clear(visit->made);
        PyThreadState_DeleteCurrent();
    } else if (visit->retaken != NULL) {
        given_away = PyEval_SaveThread();
    }
}
