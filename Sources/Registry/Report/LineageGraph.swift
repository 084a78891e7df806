import Bytes

/// An artifact's relatives as a document that another program draws or keeps.
package struct LineageGraph {
    private let report: LineageReport
    /// All artifacts, also those that were removed, in the order in which they come up; their places are their ids.
    private let digests: [String]
    private let places: [String: Int]
    private let names: [String: String]
    private let nodes: [String: LineageReport.Node]

    package init(_ report: LineageReport) {
        self.report = report
        var digests: [String] = []
        var names: [String: String] = [:]
        let ends = report.edges.flatMap { [($0.parentDigest, $0.parent), ($0.childDigest, $0.child)] }
        for (digest, name) in ends + [(report.digest, report.name)] where names.updateValue(name, forKey: digest) == nil
        {
            digests.append(digest)
        }
        self.digests = digests
        places = Dictionary(uniqueKeysWithValues: digests.enumerated().map { ($1, $0) })
        self.names = names
        nodes = Dictionary(report.artifacts.map { ($0.digest, $0) }) { first, _ in first }
    }

    // MARK: Graphviz

    /// A directed graph in Graphviz's language; the artifact that was asked for has a bold frame.
    package func dot() -> [String] {
        var lines = [
            "digraph lineage {", "    rankdir=LR;", "    node [shape=box, fontname=\"sans-serif\"];",
            "    edge [fontname=\"sans-serif\"];",
        ]
        lines += digests.map { digest in
            let style = digest == report.digest ? ", style=bold" : nodes[digest] == nil ? ", style=dashed" : ""
            return "    \(id(digest)) [label=\(Self.quoted(label(digest)))\(style)];"
        }
        lines += report.stubs.enumerated().flatMap { index, stub in
            [
                "    s\(index) [label=\(Self.quoted([stub.name, "not in the store"])), style=dashed];",
                "    s\(index) -> \(id(stub.childDigest)) [label=\"base\", style=dashed];",
            ]
        }
        lines += report.edges.map {
            "    \(id($0.parentDigest)) -> \(id($0.childDigest)) [label=\(Self.quoted(label($0)))];"
        }
        return lines + ["}"]
    }

    private static func quoted(_ lines: [String]) -> String {
        let texts = lines.map {
            $0.withVisibleControls.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"")
        }
        return "\"\(texts.joined(separator: "\\n"))\""
    }

    // MARK: Mermaid

    /// A flow chart as Markdown on GitHub and elsewhere draws it, in a block of ```` ```mermaid ````.
    package func mermaid() -> [String] {
        var lines = ["flowchart LR"]
        lines += digests.map { "    \(id($0))[\(Self.entities(label($0)))]" }
        lines += report.stubs.enumerated().flatMap { index, stub in
            [
                "    s\(index)[\(Self.entities([stub.name, "not in the store"]))]",
                "    s\(index) -.->|base| \(id(stub.childDigest))",
            ]
        }
        lines += report.edges.map {
            "    \(id($0.parentDigest)) -->|\(Self.entities(label($0)))| \(id($0.childDigest))"
        }
        return lines + ["    style \(id(report.digest)) stroke-width:3px"]
    }

    /// Text in quotes, where everything that Mermaid or HTML could take for something else is a number.
    private static func entities(_ lines: [String]) -> String {
        let texts = lines.map { line in
            line.withVisibleControls.unicodeScalars.map { scalar in
                let isPlain =
                    scalar.properties.isAlphabetic || scalar.properties.numericType != nil
                    || " ._-/:,@+()".unicodeScalars.contains(scalar)
                return isPlain ? String(scalar) : "#\(scalar.value);"
            }.joined()
        }
        return "\"\(texts.joined(separator: "<br/>"))\""
    }

    // MARK: OpenLineage

    /// The run events of OpenLineage 2-0-2, one JSON document a line and a derivation, oldest first.
    package func openLineage() -> [String] {
        var events: [(key: [String], edges: [LineageReport.Edge])] = []
        for edge in report.edges {
            let key = [edge.childDigest, edge.createdAt, edge.recipe ?? "", edge.tool ?? ""]
            if let index = events.firstIndex(where: { $0.key == key }) {
                events[index].edges.append(edge)
            } else {
                events.append((key, [edge]))
            }
        }
        return events.sorted { ($0.key[1], $0.key[0]) < ($1.key[1], $1.key[0]) }.map { key, edges in
            event(edges[0], inputs: edges, run: Self.identifier(key.joined(separator: "\n"))).text()
        }
    }

    private func event(_ edge: LineageReport.Edge, inputs: [LineageReport.Edge], run: String) -> JSONValue {
        let stubs = report.stubs.filter { $0.childDigest == edge.childDigest }
        return Self.object([
            ("eventTime", .string(edge.createdAt)), ("eventType", .string("COMPLETE")),
            ("producer", .string(Self.producer(edge))),
            ("schemaURL", .string("https://openlineage.io/spec/2-0-2/OpenLineage.json#/$defs/RunEvent")),
            ("run", Self.object([("runId", .string(run)), ("facets", Self.object([]))])),
            (
                "job",
                Self.object([
                    ("namespace", .string("ingot")),
                    ("name", .string(RecipeText.summary(edge.recipe) ?? edge.tool ?? "register")),
                    ("facets", facets(edge)),
                ])
            ),
            (
                "inputs",
                .array(inputs.map { dataset($0.parentDigest) } + stubs.map { Self.dataset($0.name, facets: []) })
            ),
            ("outputs", .array([dataset(edge.childDigest)])),
        ])
    }

    private func dataset(_ digest: String) -> JSONValue {
        let version = Self.facet(
            "1-0-1/DatasetVersionDatasetFacet.json#/$defs/DatasetVersionDatasetFacet",
            [("datasetVersion", .string(digest))])
        return Self.dataset(names[digest] ?? digest, facets: [("version", version)])
    }

    private static func dataset(_ name: String, facets: [(String, JSONValue)]) -> JSONValue {
        object([("namespace", .string("ingot")), ("name", .string(name)), ("facets", object(facets))])
    }

    /// The recipe as the job's source.
    private func facets(_ edge: LineageReport.Edge) -> JSONValue {
        guard let recipe = edge.recipe else { return Self.object([]) }
        let source = Self.facet(
            "1-0-1/SourceCodeJobFacet.json#/$defs/SourceCodeJobFacet",
            [("language", .string("ingot-recipe")), ("sourceCode", .string(recipe))])
        return Self.object([("sourceCode", source)])
    }

    private static func facet(_ schema: String, _ members: [(String, JSONValue)]) -> JSONValue {
        object(
            [
                ("_producer", .string("urn:ingot:\(ModelRegistry.version)")),
                ("_schemaURL", .string("https://openlineage.io/spec/facets/\(schema)")),
            ] + members)
    }

    private static func producer(_ edge: LineageReport.Edge) -> String {
        "urn:\(edge.tool == nil || edge.tool == "ingot" ? "ingot" : "tool"):\(edge.toolVersion ?? "unknown")"
    }

    /// A UUID of version 8 (RFC 9562) from a digest: the same derivation is the same run each time.
    private static func identifier(_ text: String) -> String {
        var digits = Array(Digest(of: text).hex.prefix(32))
        digits[12] = "8"
        digits[16] = "a"
        let groups = [0..<8, 8..<12, 12..<16, 16..<20, 20..<32]
        return groups.map { String(digits[$0]) }.joined(separator: "-")
    }

    private static func object(_ members: [(String, JSONValue)]) -> JSONValue { .object(JSONObject(members)) }

    // MARK: Words

    private func id(_ digest: String) -> String { "a\(places[digest] ?? 0)" }

    private func label(_ digest: String) -> [String] {
        let name = names[digest] ?? digest
        guard let node = nodes[digest] else { return [name, Figures.digest(digest), "removed"] }
        return [name, "\(node.kind), \(node.scheme), \(Figures.bytes(node.logicalBytes))", Figures.digest(digest)]
    }

    private func label(_ edge: LineageReport.Edge) -> [String] {
        let tool = [edge.tool, edge.toolVersion].compactMap(\.self).joined(separator: " ")
        let place = [edge.host, Figures.minute(edge.createdAt)].compactMap(\.self).joined(separator: ", ")
        let error = edge.relRmse.map { "relative RMSE \(Figures.real($0))" }
        return [edge.role + (RecipeText.summary(edge.recipe).map { ": " + $0 } ?? ""), error, tool, place]
            .compactMap(\.self).filter { !$0.isEmpty }
    }
}
