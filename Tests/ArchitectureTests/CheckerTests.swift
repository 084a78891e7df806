import Testing

/// The checks are themselves tested on made-up files, so that a check that sees nothing cannot pass for a kept wall.
@Suite("The architecture checks") struct CheckerTests {
    static let manifest = Manifest(
        parsing: """
            let walls: [SwiftSetting] = [.swiftLanguageMode(.v6)]
            let package = Package(
                products: [.library(name: "Low", targets: ["Low"])],
                targets: [
                    .target(name: "Low", dependencies: [crypto], swiftSettings: walls),
                    .target(name: "Catalog", dependencies: [.target(name: "Low"), grdb], swiftSettings: walls),
                    .executableTarget(
                        name: "CommandLine", dependencies: ["Low", "Catalog"], path: "Sources/Face"),
                    .testTarget(name: "LowTests", dependencies: ["Low"], swiftSettings: walls),
                ])
            """)

    let checks = WallChecks(manifest: Self.manifest)

    private func target(_ name: String) throws -> Manifest.Target {
        try #require(Self.manifest.targets.first { $0.name == name })
    }

    private func file(_ text: String) -> SourceText { SourceText(path: "Sources/Made/Up.swift", text: text) }

    @Test("read a manifest's targets in order, with folder, dependencies and settings") func reading() throws {
        #expect(Self.manifest.targets.map(\.name) == ["Low", "Catalog", "CommandLine", "LowTests"])
        #expect(Self.manifest.targets.map(\.hasWalls) == [true, true, false, true])
        #expect(try target("CommandLine").folder == "Sources/Face")
        #expect(try target("LowTests").folder == "Tests/LowTests")
        #expect(try target("CommandLine").dependencies == ["Low", "Catalog"])
        #expect(try target("Catalog").dependencies == ["Low"])
    }

    @Test(
        "refuse an import that climbs, however it is written",
        arguments: [
            "import Catalog", "public import Catalog", "package  import Catalog", "@testable import Catalog",
            "@_exported public import Catalog", "@_spi(Made) internal import Catalog", "import struct Catalog.Row",
            "    import Catalog", "import Low", "import\tCatalog // why not",
        ])
    func climbing(line: String) throws {
        let found = checks.climbingImports(of: try target("Low"), in: file("import Bytes\n\(line)\n"))
        #expect(found.count == 1)
        #expect(found.first?.hasPrefix("Sources/Made/Up.swift:2: Low imports ") == true)
    }

    @Test(
        "let imports of lower modules, comments and strings pass",
        arguments: [
            "import Low", "// import CommandLine", "/* import CommandLine */", #"let a = "import CommandLine""#,
        ])
    func passing(line: String) throws {
        #expect(checks.climbingImports(of: try target("Catalog"), in: file(line)) == [])
    }

    @Test("refuse an import that the manifest does not give the target") func undeclared() throws {
        let target = Manifest.Target(
            name: "Catalog", kind: .library, folder: "", dependencies: ["GRDB"], hasWalls: true)
        #expect(checks.undeclaredImports(of: target, in: file("import Low")).count == 1)
        #expect(checks.undeclaredImports(of: try self.target("Catalog"), in: file("import Low")) == [])
    }

    @Test("refuse GRDB outside the catalog", arguments: ["import GRDB", "package import GRDBSQLite"])
    func grdb(line: String) throws {
        #expect(checks.foreignImports(of: try target("Low"), in: file(line)).count == 1)
        #expect(checks.foreignImports(of: try target("Catalog"), in: file(line)) == [])
    }

    @Test(
        "refuse talk outside the command line",
        arguments: [
            "print(1)", "    debugPrint (x)", "Swift.print(1)", #"let x = "\(print("a"))""#, "_ = getenv(\"HOME\")",
            "let e = ProcessInfo.processInfo.environment", "FileHandle.standardError.write(d)", "fputs(t, stderr)",
        ])
    func talking(line: String) throws {
        #expect(checks.talk(of: try target("Low"), in: file(line)).isEmpty == false)
        #expect(checks.talk(of: try target("CommandLine"), in: file(line)) == [])
    }

    @Test(
        "take no word in a comment, a string or a longer name for talk",
        arguments: ["/// print(1)", #"let x = "print(1)""#, "fingerprint(x)", "row.print(x)", "let environmental = 1"])
    func silent(line: String) throws {
        #expect(checks.talk(of: try target("Low"), in: file(line)) == [])
    }

    @Test(
        "refuse what crashes on data", arguments: ["let x = try! f()", "x as! Int", "fatalError(\"no\")"])
    func trapping(line: String) {
        #expect(checks.traps(in: file(line)).count == 1)
    }

    @Test("let safe casts and words in strings pass", arguments: ["x as? Int", "try? f()", "\"try! as! fatalError(\""])
    func safe(line: String) {
        #expect(checks.traps(in: file(line)) == [])
    }

    @Test(
        "refuse public types and functions without a doc comment",
        arguments: [
            "public struct A {}", "\n    public static func a() {}", "// A.\npublic init() {}",
            "@frozen\npublic enum A {}",
            "@_spi(A) public final class A {}",
        ])
    func undocumented(text: String) {
        #expect(checks.undocumented(in: file(text)).count == 1)
    }

    @Test(
        "let documented ones, public properties and internal types pass",
        arguments: [
            "/// A.\n@frozen\npublic enum A {}", "struct A {\n    public var functions = 1\n}", "let public = 2",
        ])
    func documented(text: String) {
        #expect(checks.undocumented(in: file(text)) == [])
    }

    @Test("count lines without the final line break, and refuse the 401st") func length() {
        let full = String(repeating: "\n", count: WallChecks.longestFile)
        #expect(checks.longFiles([file(full)]) == [])
        #expect(checks.longFiles([file(full + "\n")]).count == 1)
    }

    @Test("refuse vague file names") func vague() {
        let names = ["A/Utils.swift", "helpers.c", "A/Common.swift", "A/CommonCase.swift", "A/Digest.swift"]
        #expect(checks.vagueNames(names.map { SourceText.opaque(path: $0, text: "") }).count == 3)
    }

    @Test(
        "blank comments and strings, and keep code inside an interpolation",
        arguments: zip(
            [
                #"a "b" c"#, "a // b\nc", "a /* b /* c */ d */ e", ##"a #"b"c"# d"##, #"a "\(b("c"))" d"#,
                "a \"\"\"\n b \"c\"\n \"\"\" d", #"a "\"b" c"#, "a \"b\nc",
            ],
            [
                #"a " " c"#, "a     \nc", "a                   e", ##"a #"   "# d"##, #"a " (b(" "))" d"#,
                "a \"\"\"\n      \n \"\"\" d", #"a "   " c"#, "a \" \nc",
            ]))
    func blanking(text: String, code: String) {
        #expect(file(text).codeLines.joined(separator: "\n") == code)
    }
}
