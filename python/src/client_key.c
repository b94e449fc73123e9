/* client_key.c - the 64-bit key by which the engine tells one client from another.
 *
 * A client may be any hashable object. Strings and bytes are told apart by their contents, integers
 * by their value, so that these keys are the same in every run and a recorded trace can be compared
 * with another; anything else by its hash(). Two clients with the same key are one client: with
 * keys spread over 2^64, a million strings collide with a probability of 3 in 10^8.
 *
 * The string hash is FNV-1a (Fowler, Noll, Vo), the last step MurmurHash3's finalizer (Appleby),
 * which spreads small integers.
 */
#include "extension.h"

static uint64_t spread(uint64_t key) {
    key ^= key >> 33;
    key *= UINT64_C(0xff51afd7ed558ccd);
    key ^= key >> 33;
    key *= UINT64_C(0xc4ceb9fe1a85ec53);
    key ^= key >> 33;
    return key;
}

/* `kind` keeps "a" and b"a" apart. */
static uint64_t hash_bytes(const char *bytes, Py_ssize_t count, uint64_t kind) {
    uint64_t key = UINT64_C(0xcbf29ce484222325) ^ kind;
    for (Py_ssize_t i = 0; i < count; i++) {
        key = (key ^ (unsigned char)bytes[i]) * UINT64_C(0x100000001b3);
    }
    return key;
}

static int hash_any(PyObject *client, uint64_t *key) {
    Py_hash_t hash = PyObject_Hash(client);
    *key = (uint64_t)hash;
    return hash == -1 && PyErr_Occurred() ? -1 : 0;
}

static int hash_integer(PyObject *client, uint64_t *key) {
    int overflow = 0;
    long long value = PyLong_AsLongLongAndOverflow(client, &overflow);
    if (overflow != 0) {
        return hash_any(client, key);
    }
    *key = (uint64_t)value;
    return value == -1 && PyErr_Occurred() ? -1 : 0;
}

static int hash_text(PyObject *client, uint64_t *key) {
    Py_ssize_t count = 0;
    const char *text = PyUnicode_AsUTF8AndSize(client, &count);
    if (text == NULL) {
        PyErr_Clear(); /* lone surrogates have no UTF-8 */
        return hash_any(client, key);
    }
    *key = hash_bytes(text, count, 0);
    return 0;
}

int client_key(PyObject *client, uint64_t *key) {
    int error;
    if (client == Py_None) {
        *key = 0; /* the anonymous client */
        return 0;
    }
    if (PyUnicode_Check(client)) {
        error = hash_text(client, key);
    } else if (PyBytes_Check(client)) {
        *key = hash_bytes(PyBytes_AS_STRING(client), PyBytes_GET_SIZE(client), 1);
        error = 0;
    } else if (PyLong_Check(client)) {
        error = hash_integer(client, key);
    } else {
        error = hash_any(client, key);
    }
    *key = spread(*key + 1);
    *key += *key == 0; /* 0 is taken */
    return error;
}
