import Testing

@Suite("The project's files") struct WallTests {
    let project: Project
    let checks: WallChecks

    /// Read once for all tests.
    private static let reading = Result { try Project() }

    init() throws {
        project = try Self.reading.get()
        checks = WallChecks(manifest: project.manifest)
    }

    /// Every file of the targets that become part of a product, with its target.
    private var productFiles: [(target: Manifest.Target, file: SourceText)] {
        project.manifest.targets.filter { $0.folder.hasPrefix("Sources/") }
            .flatMap { target in (project.files[target.name] ?? []).map { (target, $0) } }
    }

    private var allFiles: [SourceText] { project.files.values.flatMap(\.self).sorted { $0.path < $1.path } }

    @Test("are found, every target of the manifest with at least one") func complete() {
        #expect(project.manifest.targets.count > 10)
        for target in project.manifest.targets {
            #expect(project.files[target.name]?.isEmpty == false, "\(target.folder) holds no source file.")
        }
    }

    @Test("stand in the order that docs/architecture.md draws") func order() throws {
        let drawn = try Project.text(of: "docs/architecture.md").matches(of: #/(?m)^    ([A-Z]\w+) {2,}\S/#)
        let targets = project.manifest.targets.filter { $0.folder.hasPrefix("Sources/") }
        #expect(targets.map(\.name) == drawn.map { String($0.1) })
    }

    @Test("import no module above their own") func imports() {
        #expect(productFiles.flatMap { checks.climbingImports(of: $0.target, in: $0.file) } == [])
    }

    @Test("import only what the manifest gives their target") func declaredImports() {
        #expect(productFiles.flatMap { checks.undeclaredImports(of: $0.target, in: $0.file) } == [])
    }

    @Test("leave GRDB to the catalog and the argument parser to the command line") func foreignImports() {
        #expect(productFiles.flatMap { checks.foreignImports(of: $0.target, in: $0.file) } == [])
    }

    @Test("print and read the environment in the command line only") func faces() {
        #expect(productFiles.flatMap { checks.talk(of: $0.target, in: $0.file) } == [])
    }

    @Test("never crash on data by try!, as! or fatalError") func traps() {
        #expect(productFiles.flatMap { checks.traps(in: $0.file) } == [])
    }

    @Test("say what each public type and function is") func documentation() {
        #expect(productFiles.flatMap { checks.undocumented(in: $0.file) } == [])
    }

    @Test("have at most 400 lines, tables of constants apart") func length() {
        #expect(checks.longFiles(allFiles) == [])
    }

    @Test("are named after what they hold") func names() {
        #expect(checks.vagueNames(allFiles) == [])
    }

    @Test("that may be long exist and are long") func tables() {
        let long = allFiles.filter { $0.lineCount > WallChecks.longestFile }.map(\.path)
        #expect(WallChecks.longTables.subtracting(long) == [], "These need no exception any more.")
    }

    @Test("in Swift are compiled with the walls' settings") func settings() {
        for target in project.manifest.targets where !target.hasWalls {
            let swift = (project.files[target.name] ?? []).filter { $0.path.hasSuffix(".swift") }
            #expect(swift.isEmpty, "Target \(target.name) has Swift files and needs `swiftSettings: walls`.")
        }
    }
}
