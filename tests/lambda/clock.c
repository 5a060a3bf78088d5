/* The clock of a program under test, put forward by what a file says: SIMULATED_CLOCK names it, seconds in text. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

int clock_gettime(clockid_t which, struct timespec *now) {
    static int (*real)(clockid_t, struct timespec *);
    if (!real) real = (int (*)(clockid_t, struct timespec *))dlsym(RTLD_NEXT, "clock_gettime");
    int answer = real(which, now);
    const char *path = getenv("SIMULATED_CLOCK");
    if (answer == 0 && which == CLOCK_REALTIME && path) {
        FILE *file = fopen(path, "r");
        long ahead_s = 0;
        if (file) {
            if (fscanf(file, "%ld", &ahead_s) == 1) now->tv_sec += ahead_s;
            fclose(file);
        }
    }
    return answer;
}
