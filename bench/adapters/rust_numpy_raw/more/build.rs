// SPDX-License-Identifier: BSD-3-Clause
fn main() {
    println!("cargo::rerun-if-changed=../../../more.c");
    cc::Build::new().file("../../../more.c").opt_level(3).compile("c_more");
}
