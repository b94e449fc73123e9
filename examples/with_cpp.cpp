// with_cpp.cpp - the same library from C++: a lambda per task, a pool that ends with its scope.
#include <treadle/treadle.h>

#include <cstdio>
#include <memory>

struct Ends {
    void operator()(trd_pool *pool) const {
        trd_pool_destroy(pool);
    }
    void operator()(trd_future *future) const {
        trd_future_unref(future);
    }
};

int main() {
    trd_pool *made = nullptr;
    if (trd_pool_create(nullptr, &made, nullptr) != 0) {
        return 1;
    }
    const std::unique_ptr<trd_pool, Ends> pool(made);
    int number = 12;
    trd_future *future = nullptr;
    // A lambda that captures nothing is a function.
    const auto square = [](void *arg) -> void * {
        int *value = static_cast<int *>(arg);
        *value *= *value; // an exception must not leave a task
        return value;
    };
    if (trd_pool_submit(pool.get(), square, &number, nullptr, &future) != 0) {
        return 1;
    }
    const std::unique_ptr<trd_future, Ends> result(future);
    if (trd_future_wait(result.get(), TRD_FOREVER) == 0) {
        std::printf("%d\n", *static_cast<int *>(trd_future_result(result.get())));
    }
    return 0;
}
