/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Loads a backend from a module and copies an image to it and back.
 *
 *     ./load_backend ./ram.so IMAGE COPY
 */
#include <replsvc/replsvc.h>
#include <stdio.h>

static int failed(uint32_t code, const char *what)
{
    fprintf(stderr, "%s: %s (%s)\n", what, replsvc_last_error()->message, replsvc_strerror(code));
    return 1;
}

int main(int argc, char **argv)
{
    if (argc != 4) {
        fprintf(stderr, "usage: load_backend MODULE IMAGE COPY\n");
        return 64;
    }
    uint32_t code = replsvc_backend_load(argv[1]);
    if (code != 0)
        return failed(code, "load the module");
    printf("loaded: %s\n", replsvc_backend_find("ram")->description);
    code = replsvc_copy(argv[2], "ram:copy", NULL, NULL);
    if (code != 0)
        return failed(code, "copy to memory");
    code = replsvc_copy("ram:copy", argv[3], NULL, NULL);
    if (code != 0)
        return failed(code, "copy from memory");
    puts("copied to memory and back");
    return 0;
}
