/* interpreter_lock.c - who holds the interpreter's lock when the engine calls us.
 *
 * The engine calls its backend on three kinds of threads: on one that runs Python and holds the
 * lock (most calls); on one that gave the lock away to wait in the engine; and on a thread of the
 * engine's own, which the interpreter has never seen. What this thread gave away is noted per
 * thread: that is all that tells the first from the second.
 *
 * Giving the lock away and taking it back at once does not let others run: it wakes the thread that
 * waits for it, which finds the lock taken again and starts its waiting time anew, so that it never
 * comes to ask for the lock. Only the interpreter's own loop hands it over. A worker whose calls do
 * not reach that loop therefore calls a Python function that does nothing.
 *
 * An interpreter without a lock has threads come and go in the same way: "to hold the lock" is then
 * to be one of those that its garbage collector waits for. The collector stops threads in that same
 * loop.
 */
#include "extension.h"

static _Thread_local PyThreadState *given_away;
static _Thread_local bool is_visited;

/* Does this thread hold the interpreter's lock? (Before 3.12 "the current thread state" is that of
 * whichever thread holds it; there is one lock there, so a thread that has a state and has not
 * given it away has it.) */
static bool is_attached(void) {
#if PY_VERSION_HEX >= 0x030D0000
    return PyThreadState_GetUnchecked() != NULL;
#elif PY_VERSION_HEX >= 0x030C0000
    return _PyThreadState_UncheckedGet() != NULL;
#else
    return PyGILState_GetThisThreadState() != NULL;
#endif
}

bool interpreter_is_visited(void) {
    return is_visited;
}

PyObject *interpreter_make_pause(void) {
    PyObject *globals = PyDict_New();
    PyObject *code = Py_CompileString("lambda: None", "<treadle>", Py_eval_input);
    PyObject *pause = globals && code ? PyEval_EvalCode(code, globals, globals) : NULL;
    Py_XDECREF(code);
    Py_XDECREF(globals);
    return pause;
}

int interpreter_take_turns(const struct module_state *state) {
    PyObject *nothing = PyObject_CallNoArgs(state->pause);
    Py_XDECREF(nothing);
    return nothing ? 0 : -1;
}

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
    } else if (!is_attached()) {
        visit->made = PyThreadState_New(engine->interpreter);
        if (visit->made == NULL) {
            Py_FatalError("treadle: no memory for a thread's state");
        }
        PyEval_RestoreThread(visit->made);
        is_visited = true;
    }
}

void interpreter_leave(struct interpreter_visit *visit) {
    if (visit->made != NULL) {
        is_visited = false;
        PyThreadState_Clear(visit->made);
        PyThreadState_DeleteCurrent();
    } else if (visit->retaken != NULL) {
        given_away = PyEval_SaveThread();
    }
}
