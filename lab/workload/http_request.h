/* http_request.h - the part of HTTP/1.1 that the study's server understands (RFC 9112): GET of
 * /page?seed=S&i=I[&scale=F], with or without keeping the connection. Pure. */
#ifndef TREADLE_LAB_HTTP_REQUEST_H
#define TREADLE_LAB_HTTP_REQUEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { LAB_REQUEST_MAX = 8192 }; /* bytes of a request, its header fields included */

struct lab_request {
    int status;         /* 200, or what to answer instead: 400, 404, 405, 431, 505 */
    bool is_kept_alive; /* the connection stays open after the answer */
    uint64_t seed, index;
    double scale; /* of the service time, 0.01 to 100 */
};

/* Reads one request from the front of `bytes`. Returns how many bytes it took; 0: it is not all
 * there yet. Any bytes are allowed; a request that is too long or not understood sets a status
 * other than 200 and is not kept alive. */
size_t lab_request_parse(struct lab_request *request, const char *bytes, size_t count);

#endif
