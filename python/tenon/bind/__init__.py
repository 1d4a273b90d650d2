# SPDX-License-Identifier: BSD-3-Clause
"""The binder: prototype in, files out.

    parse.py      libclang → plain declarations (declarations.py)
    rules.py      declarations and comments (comment.py, directives.py) → model (model.py): the rule table, applied
    loops.py      model → the C half: one inner loop a function
    emit.py       model → the Python half: descriptors as static data
    stub.py       model → .pyi
    pipeline.py   all of it for one request; toolchain.py runs the compiler

Nothing here is imported before something is built.
"""
