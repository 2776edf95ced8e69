// swift-tools-version: 6.0
//
// The iPhone app without its screens: their state, and the phone as a command-line program.

import PackageDescription

let package = Package(
  name: "MsoApp",
  platforms: [.iOS(.v17), .macOS(.v14)],
  products: [
    .library(name: "MsoState", targets: ["MsoState"]),
    .executable(name: "mso-phone", targets: ["MsoPhone"]),
  ],
  dependencies: [.package(path: "../bindings/swift")],
  targets: [
    .target(name: "MsoState", dependencies: [.product(name: "MsoCore", package: "swift")]),
    .executableTarget(
      name: "MsoPhone",
      dependencies: ["MsoState", .product(name: "MsoCore", package: "swift")]),
    .testTarget(name: "MsoStateTests", dependencies: ["MsoState"]),
    .testTarget(name: "MsoPhoneTests", dependencies: ["MsoPhone"]),
  ]
)
