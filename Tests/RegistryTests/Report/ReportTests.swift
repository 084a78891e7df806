import Bytes
import Charts
import Foundation
import Registry
import Testing

#if canImport(FoundationXML)
    import FoundationXML
#endif

/// Reports of models whose names, cards and results would like to be more than text.
@Suite("Report") struct ReportTests {
    static let attack = #"</style></pre><script>alert(1)</script><img src="https://x.example/a.png" onerror='b()'>"#

    /// A model with a hostile card, a hostile tensor name, its variant, and hostile results of both.
    static func home() async throws -> TemporaryHome {
        let home = try TemporaryHome()
        var model = MadeModel.llama()
        model.add("model.layers.0.<b onclick=x>.weight", [256, 256], seed: 9)
        let folder = try model.write(to: home.path("m"))
        let card = """
            ---
            license: apache-2.0
            base_model: 'evil/<svg onload=alert(2)>'
            tags: ['<i>', "\u{202E}tag"]
            ---
            # Card
            \(attack)
            &amp; \u{202E}reversed | `code`
            """
        try Data(card.utf8).write(to: URL(fileURLWithPath: folder + "/README.md"))
        try await home.register(folder, as: "org/m")
        _ = try await home.registry.convert(ConvertRequest(name: "org/m", scheme: "nf4"))
        for name in ["org/m", "org/m:nf4"] {
            var result = NewResult(metric: "acc|`<b>" + attack, value: name == "org/m" ? 0.5 : 0.25)
            result.task = "task <u>\n| x"
            result.dataset = "data`set"
            _ = try home.registry.addResults([result, NewResult(metric: "gone", value: .nan)], to: name)
        }
        _ = try home.registry.addNote("note \(attack)\nsecond line", to: "org/m:nf4")
        return home
    }

    static func text(_ home: TemporaryHome, _ name: String, _ format: ReportRequest.Format = .html) throws -> String {
        var request = ReportRequest(name: name)
        request.format = format
        return try #require(try home.registry.report(request).text)
    }

    /// The elements, with their attributes, as a strict reader finds them.
    static func elements(of page: String) throws -> [(name: String, attributes: [String: String])] {
        final class Reader: NSObject, XMLParserDelegate {
            var found: [(name: String, attributes: [String: String])] = []
            func parser(
                _ parser: XMLParser, didStartElement name: String, namespaceURI: String?, qualifiedName: String?,
                attributes: [String: String]
            ) { found.append((name, attributes)) }
        }
        let parser = XMLParser(data: Data(page.utf8))
        let reader = Reader()
        parser.delegate = reader
        guard parser.parse() else { throw parser.parserError ?? CocoaError(.fileReadCorruptFile) }
        return reader.found
    }

    @Test("is well-formed markup that runs nothing and loads nothing", arguments: ["org/m", "org/m:nf4"])
    func selfContained(name: String) async throws {
        let page = try Self.text(try await Self.home(), name)
        let elements = try Self.elements(of: page)
        let forbidden: Set = ["script", "img", "link", "iframe", "object", "embed", "form", "base", "b", "i", "u"]
        #expect(elements.allSatisfy { !forbidden.contains($0.name) })
        for (element, attributes) in elements {
            for (key, value) in attributes {
                #expect(!key.hasPrefix("on") && key != "src" && key != "style", "\(element) \(key)")
                if key == "href" { #expect(value.hasPrefix("#")) }
            }
        }
        #expect(!page.contains("url(") && !page.contains("@import") && !page.contains("\u{202E}"))
        let policy = elements.first { $0.attributes["http-equiv"] == "Content-Security-Policy" }
        #expect(policy?.attributes["content"]?.hasPrefix("default-src 'none'; style-src 'sha256-") == true)
        // What was attempted is shown as text.
        #expect(page.contains("&lt;script&gt;alert(1)&lt;/script&gt;"))
    }

    @Test("names its style by the digest of what stands there") func policy() async throws {
        let page = try Self.text(try await Self.home(), "org/m")
        let style = try #require(page.firstMatch(of: /<style>((?s).*?)<\/style>/)?.1)
        let digest = Data(try #require(Digest(of: String(style)).hex.hexBytes)).base64EncodedString()
        #expect(page.contains("style-src &#39;sha256-\(digest)&#39;") || page.contains("'sha256-\(digest)'"))
    }

    @Test("has headings that the contents lead to, and tables with scopes") func structure() async throws {
        let elements = try Self.elements(of: try Self.text(try await Self.home(), "org/m:nf4"))
        let targets = Set(elements.filter { $0.name == "h2" }.compactMap { $0.attributes["id"] })
        let links = elements.filter { $0.name == "a" }.compactMap { $0.attributes["href"]?.dropFirst() }
        #expect(targets == Set(links.map(String.init)))
        #expect(targets == ["identity", "lineage", "sizes", "errors", "results", "notes", "card"])
        #expect(elements.filter { $0.name == "th" }.allSatisfy { $0.attributes["scope"] != nil })
        #expect(elements.filter { $0.name == "svg" }.allSatisfy { $0.attributes["aria-label"]?.isEmpty == false })
    }

    @Test("leaves out what the catalog knows nothing of") func sparse() async throws {
        let home = try TemporaryHome()
        try await home.register(try MadeModel.llama().write(to: home.path("m")), as: "m")
        let report = try home.registry.report(ReportRequest(name: "m"))
        #expect(report.sections == ["Identity", "Sizes"])
    }

    @Test(
        "is the same for the same catalog, and states a date only when it is told one",
        arguments: [
            ReportRequest.Format.html, .markdown,
        ])
    func stable(format: ReportRequest.Format) async throws {
        let home = try await Self.home()
        let texts = try (0..<2).map { _ in try Self.text(home, "org/m:nf4", format) }
        #expect(texts[0] == texts[1])
        var request = ReportRequest(name: "org/m:nf4")
        request.format = format
        request.date = "2026-05-01"
        let dated = try #require(try home.registry.report(request).text)
        #expect(dated.replacing("2026-05-01. ", with: "") == texts[0])
    }

    @Test("tells the figures that the catalog has") func figures() async throws {
        let home = try await Self.home()
        let page = try Self.text(home, "org/m:nf4")
        let detail = try home.registry.show("org/m:nf4")
        #expect(page.contains(detail.artifact.digest))
        let error = DecimalText.short(try #require(detail.artifact.relRmse))
        #expect(page.contains("<dt>Relative RMSE</dt><dd>\(error)</dd>"))
        let worst = try home.registry.tensors(of: "org/m:nf4").max { ($0.relRmse ?? -1) < ($1.relRmse ?? -1) }
        let table = try #require(page.components(separatedBy: "The tensors that lost most</caption>").last)
        let first = try #require(table.firstMatch(of: /<th scope="row">(.*?)<\/th>/)?.1)
        #expect(String(first) == worst?.name.replacing("<", with: "&lt;").replacing(">", with: "&gt;"))
    }

    @Test("of a checkpoint draws the run that wrote it, and says what its curve does") func training() async throws {
        let home = try TemporaryHome()
        try await home.register(try MadeModel.llama().write(to: home.path("m")), as: "m")
        _ = try await home.registry.convert(ConvertRequest(name: "m", scheme: "nf4"))
        var request = RunsImportRequest(paths: [fixtures + "/runs/tiny-gpt2.jsonl"])
        (request.artifact, request.name) = ("m", "run <b>")
        _ = try await home.registry.importRuns(request)
        for name in ["m", "m:nf4"] {
            let page = try Self.text(home, name)
            let section = try #require(page.firstMatch(of: /<h2 id="training">(?s).*?<\/section>/)?.0)
            #expect(section.contains("Run run &lt;b&gt;") && section.contains("It wrote m"))
            let verdict = try home.registry.analyzeRun(named: "run <b>").verdict
            #expect(section.contains("<strong>\(verdict)</strong>"))
            #expect(section.contains("<svg") && section.contains("Curves of run run &lt;b&gt;"))
        }
    }

    // MARK: Files

    @Test("appears whole, replaces only when it may, and never what the store needs") func files() async throws {
        let home = try await Self.home()
        var request = ReportRequest(name: "org/m:nf4")
        request.destination = home.path("out.html")
        let report = try home.registry.report(request)
        #expect((report.destination, report.text) == (home.path("out.html"), nil))
        #expect(try Data(contentsOf: URL(fileURLWithPath: home.path("out.html"))).count == report.bytes)
        #expect(throws: RegistryError.self) { try home.registry.report(request) }
        request.existing = .replace
        _ = try home.registry.report(request)
        request.destination = home.folder
        #expect(try home.registry.report(request).destination == home.path("org-m-nf4.html"))
        #expect(try Folder.entries(of: home.folder).filter { $0.contains("ingot-") } == [])

        var reference = RegisterRequest(path: try MadeModel.llama(seed: 5).write(to: home.path("kept")))
        (reference.name, reference.storage) = ("kept", .reference)
        _ = try await home.registry.register(reference)
        request.destination = home.path("kept/model.safetensors")
        let error = #expect(throws: RegistryError.self) { try home.registry.report(request) }
        #expect(error?.problem.contains("the store refers to") == true)
    }

    @Test(
        "gets a file name that is one",
        arguments: [("org/m:nf4", "org-m-nf4.html"), ("@12ab", "12ab.html"), ("m@v2", "m-v2.html")])
    func fileName(name: String, expected: String) {
        #expect(ModelRegistry.reportFileName(for: name, .html) == expected)
    }
}

extension String {
    fileprivate var hexBytes: [UInt8]? {
        let digits = Array(utf8)
        return stride(from: 0, to: digits.count, by: 2).compactMap {
            UInt8(String(decoding: digits[$0..<$0 + 2], as: UTF8.self), radix: 16)
        }
    }
}
