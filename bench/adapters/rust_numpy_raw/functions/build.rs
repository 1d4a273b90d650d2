// SPDX-License-Identifier: BSD-3-Clause
fn main() {
    println!("cargo::rerun-if-changed=../../../functions.c");
    cc::Build::new().file("../../../functions.c").opt_level(3).compile("c_functions");
}
