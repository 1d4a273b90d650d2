/* SPDX-License-Identifier: BSD-3-Clause */
/* Runs a fuzz target without libFuzzer: over every file of a corpus, and over mutations of them.
 *
 *     fuzz_format CORPUS [MUTATIONS [SECONDS]]
 *
 * Every file is mutated MUTATIONS times (default 0), the same way in every run; with SECONDS, in other ways until that
 * much time has passed. An input that makes the target abort is left in the file `crash`. A corpus without files is an
 * error.
 */
#include <dirent.h>
#include <signal.h>
#include <time.h>

#include "fuzz.h"

enum { MOST = 1 << 16, PATH = 4096 };

static uint8_t input[MOST];
static size_t input_size;

static void leave_input(int signal_number)
{
    FILE *file = fopen("crash", "wb");
    if (file != NULL) {
        fwrite(input, 1, input_size, file);
        fclose(file);
    }
    signal(signal_number, SIG_DFL);
    raise(signal_number);
}

static uint64_t next_random(uint64_t *state)
{
    uint64_t z = *state += 0x9e3779b97f4a7c15u;
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
    z = (z ^ z >> 27) * 0x94d049bb133111ebu;
    return z ^ z >> 31;
}

static size_t below(uint64_t *state, size_t limit)
{
    return limit == 0 ? 0 : (size_t)(next_random(state) % limit);
}

/* One small change: a byte replaced, inserted or removed, a piece doubled, the end cut. */
static void mutate(uint64_t *state)
{
    static const char likely[] = "0123456789()[]{}<>=@!^|&:,'\"\\TXZcbBhHiIlLqQfdgswxOPuVUSMm \xff\x80\x7f\x01";
    size_t at = below(state, input_size);
    uint8_t byte = below(state, 4) == 0 ? (uint8_t)next_random(state)
                                        : (uint8_t)likely[below(state, sizeof likely - 1)];
    size_t length = 1 + below(state, input_size - at < 16 ? input_size - at : 16);
    switch (below(state, 5)) {
    case 0:
        if (input_size > 0)
            input[at] = byte;
        break;
    case 1:
        if (input_size < MOST) {
            memmove(input + at + 1, input + at, input_size - at);
            input[at] = byte;
            input_size++;
        }
        break;
    case 2:
        if (input_size > 0) {
            memmove(input + at, input + at + 1, input_size - at - 1);
            input_size--;
        }
        break;
    case 3:
        if (at + length <= input_size && input_size + length <= MOST) {
            memmove(input + at + length, input + at, input_size - at);
            input_size += length;
        }
        break;
    default:
        if (below(state, 8) == 0)
            input_size = at;
        break;
    }
}

static int read_file(const char *path)
{
    FILE *file = fopen(path, "rb");
    if (file == NULL)
        return 0;
    input_size = fread(input, 1, MOST, file);
    fclose(file);
    return 1;
}

static void run_input(void)
{
    /* A copy of the exact size, so that a sanitizer sees reads beyond the end. */
    uint8_t *copy = malloc(input_size + 1);
    REQUIRE(copy != NULL);
    uint8_t *data = copy + 1;
    memcpy(data, input, input_size);
    LLVMFuzzerTestOneInput(data, input_size);
    free(copy);
}

static long run_file(const char *path, long mutations, uint64_t seed)
{
    static uint8_t original[MOST];
    if (!read_file(path))
        return 0;
    size_t size = input_size;
    memcpy(original, input, size);
    run_input();
    for (long k = 0; k < mutations; k++) {
        uint64_t state = seed + (uint64_t)k;
        memcpy(input, original, size);
        input_size = size;
        for (size_t changes = 1 + below(&state, 6); changes > 0; changes--)
            mutate(&state);
        run_input();
    }
    return 1;
}

static long run_corpus(const char *directory, long mutations, uint64_t seed)
{
    long files = 0;
    DIR *entries = opendir(directory);
    if (entries == NULL)
        return 0;
    for (struct dirent *entry; (entry = readdir(entries)) != NULL;) {
        char path[PATH];
        if (entry->d_name[0] == '.')
            continue;
        snprintf(path, sizeof path, "%s/%s", directory, entry->d_name);
        files += run_file(path, mutations, seed + (uint64_t)entry->d_name[0] * 1000003);
    }
    closedir(entries);
    return files;
}

int main(int argc, char **argv)
{
    if (argc < 2 || argc > 4) {
        fprintf(stderr, "usage: %s CORPUS [MUTATIONS [SECONDS]]\n", argv[0]);
        return 2;
    }
    long mutations = argc > 2 ? strtol(argv[2], NULL, 10) : 0;
    time_t seconds = argc > 3 ? (time_t)strtol(argv[3], NULL, 10) : 0;
    signal(SIGABRT, leave_input);
    time_t start = time(NULL);
    uint64_t seed = 1;
    long files;
    do {
        files = run_corpus(argv[1], mutations, seed);
        seed += 0x10000000000;
    } while (files > 0 && time(NULL) - start < seconds);
    printf("%ld files, each with %ld mutations, %llu rounds\n", files, mutations, (unsigned long long)(seed >> 40));
    return files == 0;
}
