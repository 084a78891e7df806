import Foundation

#if canImport(FoundationXML)
    import FoundationXML
#endif

/// Markup as a strict reader sees it.
enum XMLText {
    private final class Counter: NSObject, XMLParserDelegate {
        var count = 0

        func parser(
            _ parser: XMLParser, didStartElement name: String, namespaceURI: String?, qualifiedName: String?,
            attributes: [String: String]
        ) { count += 1 }
    }

    /// - Throws: where `text` is not well-formed.
    static func elementCount(of text: String) throws -> Int {
        let parser = XMLParser(data: Data(text.utf8))
        let counter = Counter()
        parser.delegate = counter
        guard parser.parse() else { throw parser.parserError ?? CocoaError(.fileReadCorruptFile) }
        return counter.count
    }
}
