// SwiftPM builds a C module from at least one source file. The code is in the Rust library; the
// header and the module map in `include` are generated.
