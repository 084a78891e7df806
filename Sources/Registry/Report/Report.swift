import Bytes
import Catalog

extension ModelRegistry {
    /// Writes what the catalog knows about an artifact as one page, or as a model card.
    ///
    /// The same catalog gives the same bytes. A file appears at once when all of it is there.
    /// - Throws: an error when the name means nothing, or something is at the destination that may not be replaced.
    public func report(_ request: ReportRequest) throws -> ReportDocument {
        let facts = try reportFacts(of: request.name, date: request.date)
        let (text, sections, notes) = try render(facts, as: request.format)
        var report = ReportDocument(
            name: facts.name, digest: facts.artifact.digest, format: request.format.rawValue, destination: nil,
            bytes: text.utf8.count, sections: sections, text: text, notes: notes)
        guard let destination = request.destination else { return report }
        let path = Self.file(at: destination, for: facts.name, request.format)
        try write(Array(text.utf8), to: path, existing: request.existing)
        report.destination = path
        report.text = nil
        return report
    }

    /// The name of a report's file: the artifact's, with `-` for what does not belong into a file's name.
    public static func reportFileName(for name: String, _ format: ReportRequest.Format) -> String {
        let plain = name.map { character in
            character.isASCII && (character.isLetter || character.isNumber || "._-".contains(character))
                ? character : "-"
        }
        return String(plain.drop { $0 == "." || $0 == "-" }) + "." + format.rawValue
    }

    private func render(
        _ facts: ReportFacts, as format: ReportRequest.Format
    ) throws -> (text: String, sections: [String], notes: [String]) {
        switch format {
        case .html:
            let page = ReportPage(facts: facts)
            let sections = page.sections
            return (page.text(sections), sections.map(\.title), [])
        case .markdown:
            let card = ModelCardText(facts, hub: try hubFacts(of: facts))
            let sections = card.sections
            return (card.text(sections), sections.map(\.title), card.frontMatter.notes)
        }
    }

    /// The destination itself, or a file in it when it is a folder.
    private static func file(at destination: String, for name: String, _ format: ReportRequest.Format) -> String {
        guard Folder.isFolder(destination) else { return destination }
        return destination + (destination.hasSuffix("/") ? "" : "/") + reportFileName(for: name, format)
    }

    /// As exports are written: beside the destination first, and never over a file that the store refers to.
    private func write(_ bytes: [UInt8], to path: String, existing: ExportRequest.Existing) throws {
        guard let name = path.split(separator: "/").last.map(String.init), !path.hasSuffix("/") else {
            throw RegistryError("\(path) names no file", remedy: "Name a file, or a folder that exists")
        }
        var request = ExportRequest(name: name, destination: path)
        request.existing = existing
        let target = try ExportTarget(request, files: [name], references: try protectedFiles(from: request))
        try target.filling {
            bytes.count
        } with: {
            let file = try NewFile(try target.place(of: name))
            try file.append(bytes.span)
            try file.seal()
        }
    }
}
