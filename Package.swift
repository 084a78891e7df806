// swift-tools-version: 6.2
import PackageDescription

/// The walls: every target speaks Swift 6, says what it imports and why, and marks each unsafe expression.
let walls: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("ExistentialAny"),
    .strictMemorySafety(),
]

let crypto: Target.Dependency = .product(name: "Crypto", package: "swift-crypto")
let grdb: Target.Dependency = .product(name: "GRDB", package: "GRDB.swift")
let sqlite: Target.Dependency = .product(name: "GRDBSQLite", package: "GRDB.swift")
let yams: Target.Dependency = .product(name: "Yams", package: "Yams")
let arguments: Target.Dependency = .product(name: "ArgumentParser", package: "swift-argument-parser")

// Lowest first; a target may depend only on those above it in this list (Tests/ArchitectureTests checks the imports).
let package = Package(
    name: "ingot",
    platforms: [.macOS(.v26)],
    products: [
        .executable(name: "ingot", targets: ["CommandLine"]),
        .library(name: "Ingot", targets: ["Ingot"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        .package(url: "https://github.com/apple/swift-crypto", from: "4.5.2"),
        .package(url: "https://github.com/groue/GRDB.swift", from: "7.10.0"),
        .package(url: "https://github.com/jpsim/Yams", from: "6.2.2"),
    ],
    targets: [
        .systemLibrary(name: "CZlib", providers: [.apt(["zlib1g-dev"])]),
        .systemLibrary(name: "CStatfs"),
        .target(name: "Bytes", dependencies: ["CZlib", "CStatfs", crypto], swiftSettings: walls),
        .target(name: "Pickles", dependencies: ["Bytes"], swiftSettings: walls),
        .target(name: "Numbers", dependencies: ["Bytes"], swiftSettings: walls),
        .target(name: "Planner", dependencies: ["Bytes", "Numbers"], swiftSettings: walls),
        .target(name: "CKernels"),
        .target(name: "Tensors", dependencies: ["Bytes", "Numbers", "CKernels"], swiftSettings: walls),
        .target(
            name: "Architectures", dependencies: ["Bytes", yams], resources: [.embedInCode("Families")],
            swiftSettings: walls),
        .target(
            name: "Tokenizers", dependencies: ["Bytes"], resources: [.embedInCode("Tables")], swiftSettings: walls),
        .target(name: "Measurements", dependencies: ["Bytes"], swiftSettings: walls),
        .target(name: "Charts", dependencies: ["Bytes"], swiftSettings: walls),
        .target(name: "Blobs", dependencies: ["Bytes", "Numbers", "Tensors"], swiftSettings: walls),
        .target(
            name: "Catalog", dependencies: ["Bytes", "Tensors", "Measurements", grdb, sqlite],
            resources: [.embedInCode("NamedQueries")], swiftSettings: walls),
        .target(
            name: "Formats", dependencies: ["Bytes", "Pickles", "Numbers", "Tensors", "Architectures", "Tokenizers"],
            swiftSettings: walls),
        .target(
            name: "Transforms", dependencies: ["Bytes", "Numbers", "Tensors", "Architectures", "Formats", yams],
            resources: [.embedInCode("Presets")], swiftSettings: walls),
        .target(
            name: "Registry",
            dependencies: [
                "Bytes", "Pickles", "Numbers", "Planner", "Tensors", "Architectures", "Tokenizers", "Measurements",
                "Charts", "Blobs", "Catalog", "Formats", "Transforms",
            ], swiftSettings: walls),
        .target(name: "Ingot", dependencies: ["Registry"], swiftSettings: walls),
        .executableTarget(
            name: "CommandLine", dependencies: ["Bytes", "Registry", arguments], swiftSettings: walls),
        .executableTarget(
            name: "ingot-benchmarks",
            dependencies: [
                "Blobs", "Bytes", "Catalog", "Formats", "Measurements", "Numbers", "Registry", "Tensors", arguments,
            ],
            path: "Benchmarks",
            swiftSettings: walls),
        .target(
            name: "ReaderExercises",
            dependencies: [
                "Architectures", "Blobs", "Bytes", "Formats", "Measurements", "Numbers", "Pickles", "Tensors",
                "Tokenizers", "Transforms",
            ],
            path: "Fuzz/Exercises", swiftSettings: walls),
        .testTarget(name: "ArchitectureTests", swiftSettings: walls),
        .testTarget(name: "IngotTests", dependencies: ["Ingot"], swiftSettings: walls),
        .testTarget(name: "BytesTests", dependencies: ["Bytes"], swiftSettings: walls),
        .testTarget(name: "PicklesTests", dependencies: ["Bytes", "Pickles"], swiftSettings: walls),
        .testTarget(name: "NumbersTests", dependencies: ["Numbers"], swiftSettings: walls),
        .testTarget(name: "PlannerTests", dependencies: ["Bytes", "Numbers", "Planner"], swiftSettings: walls),
        .testTarget(name: "TensorsTests", dependencies: ["Bytes", "Numbers", "Tensors"], swiftSettings: walls),
        .testTarget(name: "ArchitecturesTests", dependencies: ["Architectures", "Bytes"], swiftSettings: walls),
        .testTarget(name: "TokenizersTests", dependencies: ["Bytes", "Tokenizers"], swiftSettings: walls),
        .testTarget(
            name: "FormatsTests",
            dependencies: [
                "Architectures", "Bytes", "Formats", "Numbers", "Pickles", "ReaderExercises", "Tensors",
            ],
            swiftSettings: walls),
        .testTarget(
            name: "TransformsTests",
            dependencies: ["Architectures", "Bytes", "Formats", "Numbers", "Tensors", "Transforms"],
            swiftSettings: walls),
        .testTarget(name: "MeasurementsTests", dependencies: ["Bytes", "Measurements"], swiftSettings: walls),
        .testTarget(name: "ChartsTests", dependencies: ["Charts"], swiftSettings: walls),
        .testTarget(
            name: "CatalogTests", dependencies: ["Bytes", "Measurements", "Tensors", "Catalog", grdb],
            swiftSettings: walls),
        .testTarget(name: "BlobsTests", dependencies: ["Blobs", "Bytes", "Numbers", "Tensors"], swiftSettings: walls),
        .testTarget(
            name: "RegistryTests",
            dependencies: [
                "Blobs", "Bytes", "Catalog", "Charts", "Formats", "Measurements", "Numbers", "Registry", "Tensors",
                yams,
            ],
            swiftSettings: walls),
        .testTarget(
            name: "CommandLineTests", dependencies: ["Bytes", "CommandLine", "Registry", arguments],
            swiftSettings: walls),
    ]
)

// Only `make fuzz` sets this: the binary needs the toolchain's libFuzzer and AddressSanitizer.
if Context.environment["INGOT_FUZZ"] != nil {
    package.targets += [
        .target(name: "FuzzDriver", path: "Fuzz/Driver"),
        .executableTarget(
            name: "ingot-fuzz", dependencies: ["Bytes", "FuzzDriver", "ReaderExercises"], path: "Fuzz/Main",
            swiftSettings: walls),
    ]
}
