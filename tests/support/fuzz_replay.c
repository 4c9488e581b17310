/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * main() for a fuzz target in an ordinary build: runs it once over the empty input and once over every file
 * of the kept corpus, so that what a fuzzer found once stays fixed in every build and under every sanitizer.
 */
#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* The whole file in a buffer of its exact size, so that a sanitizer sees a read past its end. */
static int replay(const char *path)
{
    struct stat st;
    FILE *f = fopen(path, "rb");
    if (f == NULL || fstat(fileno(f), &st) != 0 || !S_ISREG(st.st_mode)) {
        if (f != NULL)
            fclose(f);
        return 0;
    }
    size_t size = (size_t)st.st_size;
    uint8_t *data = malloc(size != 0 ? size : 1);
    if (data == NULL || fread(data, 1, size, f) != size) {
        fprintf(stderr, "%s: cannot be read\n", path);
        exit(1);
    }
    fclose(f);
    LLVMFuzzerTestOneInput(data, size);
    free(data);
    return 1;
}

int main(int argc, char **argv)
{
    int replayed = 0;
    LLVMFuzzerTestOneInput((const uint8_t *)"", 0);
    for (int i = 1; i < argc; i++) {
        DIR *d = opendir(argv[i]);
        struct dirent *entry;
        while (d != NULL && (entry = readdir(d)) != NULL) {
            char path[4096];
            if ((size_t)snprintf(path, sizeof(path), "%s/%s", argv[i], entry->d_name) < sizeof(path))
                replayed += replay(path);
        }
        if (d != NULL)
            closedir(d);
        else
            replayed += replay(argv[i]);
    }
    printf("%d inputs replayed\n", replayed);
    return 0;
}
