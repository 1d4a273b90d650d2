/* SPDX-License-Identifier: BSD-3-Clause */
/* A program that starts Python twice, with a second interpreter each time, and lets the module `keeper` release what it
 * kept in the wrong interpreter, in none, and after the end of each. Prints what Python code says; fails where it
 * raises. */
#include <Python.h>

#include <stdio.h>
#include <stdlib.h>

static void run(const char *code)
{
    if (PyRun_SimpleString(code) != 0)
        exit(1);
}

static const char start[] = "import keeper\n"
                            "class Watched(bytearray):\n"
                            "    def __init__(self, name):\n"
                            "        super().__init__(3)\n"
                            "        self.name = name\n"
                            "    def __del__(self):\n"
                            "        print('end of', self.name, flush=True)\n"
                            "def keep(place, name):\n"
                            "    keeper.keep(place, Watched(name), False)\n";

static void begin(PyThreadState **first, PyThreadState **second)
{
    Py_Initialize();
    *first = PyThreadState_Get();
    run(start);
    *second = Py_NewInterpreter();
    if (*second == NULL)
        exit(2);
    run(start);
}

int main(int argc, char **argv)
{
    for (int round = 0; round < 2; round++) {
        PyThreadState *first, *second;
        begin(&first, &second);

        run("keep(0, 'what the other interpreter releases')\n"
            "keep(1, 'what is released after its interpreter')\n"
            "keep(2, 'what a thread of no interpreter releases')\n");
        PyThreadState_Swap(first);
        run("keeper.release(0)\n"
            "print('first: released', flush=True)\n"
            "keep(3, 'what is released after Python')\n"
            "keep(4, 'what is released on the other side')\n");
        PyThreadState_Swap(second);
        run("keeper.release_elsewhere(2)\n"
            "keeper.release(4)\n"
            "print('second: released', flush=True)\n"
            "keeper.settle()\n"
            "print('second: settled', flush=True)\n");
        Py_EndInterpreter(second);
        PyThreadState_Swap(first);
        run("keeper.settle()\n"
            "print('first: settled', flush=True)\n"
            "keeper.release(1)\n");
        if (argc > 1) {
            run("keeper.release_at_the_end(True)\n");
        }
        Py_Finalize();
        printf("round %d is over\n", round);
        fflush(stdout);
    }
    (void)argv;
    return 0;
}
