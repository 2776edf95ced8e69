// swift-tools-version: 6.0
//
// The phone's core for Swift: generated bindings, and what makes them pleasant to use.
//
// Whoever builds it brings the Rust library `mso_ffi`: on Linux by `tools/swift.sh`
// (`SWIFT_CHROOT_LIB`), on Apple's systems as an XCFramework.

import PackageDescription

let package = Package(
  name: "MsoCore",
  platforms: [.iOS(.v17), .macOS(.v14)],
  products: [.library(name: "MsoCore", targets: ["MsoCore"])],
  targets: [
    .target(name: "mso_ffiFFI", linkerSettings: [.linkedLibrary("mso_ffi")]),
    .target(name: "MsoIds"),
    // Swift 6.0's compiler does not get through generated code in Swift 6 mode.
    .target(
      name: "MsoCoreGenerated", dependencies: ["mso_ffiFFI", "MsoIds"],
      swiftSettings: [.swiftLanguageMode(.v5)]),
    .target(name: "MsoCore", dependencies: ["MsoCoreGenerated", "MsoIds"]),
    .testTarget(name: "MsoCoreTests", dependencies: ["MsoCore"]),
  ]
)
