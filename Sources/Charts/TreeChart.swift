/// A tree as boxes that stand under and right of what they hang from, with what leads to each written above it.
package struct TreeChart: Equatable, Sendable {
    /// How a box looks.
    package enum Style: String, Sendable {
        case plain
        /// The one that it is all about.
        case marked
        /// What is known by name only.
        case missing
    }

    /// One box, in the order of a walk from the root: what hangs from a box follows it.
    package struct Node: Equatable, Sendable {
        /// How many boxes stand between it and its root; a root has 0.
        let depth: Int
        let name: String
        let detail: String
        /// What leads to it; nil for a root.
        let edge: String?
        let style: Style

        package init(depth: Int, name: String, detail: String, edge: String? = nil, style: Style = .plain) {
            self.depth = depth
            self.name = name
            self.detail = detail
            self.edge = edge
            self.style = style
        }
    }

    private let nodes: [Node]

    /// - Parameter nodes: each at most one deeper than the one before.
    package init(_ nodes: [Node]) { self.nodes = nodes }

    private static let indent = 28
    private static let boxHeight = 42
    private static let edgeHeight = 26
    private static let longestLine = 46

    /// The drawing.
    /// - Parameter title: for who cannot see it.
    package func element(title: String) -> SVGElement {
        var tops: [Int] = []
        var top = 2
        for node in nodes {
            top += node.edge == nil ? (tops.isEmpty ? 0 : 14) : Self.edgeHeight
            tops.append(top)
            top += Self.boxHeight
        }
        let width = zip(nodes, nodes.map(Self.boxWidth)).map { $0.depth * Self.indent + $1 }.max() ?? 0
        let edgeEnd = nodes.map { $0.depth * Self.indent + 8 + 6 * Self.cut($0.edge ?? "").count }.max() ?? 0
        let size = (width: max(width, edgeEnd) + 4, height: top + 4)
        let parts = nodes.indices.flatMap { connector(to: $0, tops) } + zip(nodes, tops).flatMap(Self.box)
        return SVGElement(
            "svg",
            [
                ("class", "chart tree"), ("viewBox", "0 0 \(size.width) \(size.height)"), ("width", "\(size.width)"),
                ("height", "\(size.height)"), ("role", "img"), ("aria-label", title),
            ], parts)
    }

    /// A line down from the parent's left side and right into the box.
    private func connector(to index: Int, _ tops: [Int]) -> [SVGElement] {
        let node = nodes[index]
        guard let edge = node.edge, node.depth > 0,
            let parent = nodes[..<index].lastIndex(where: { $0.depth == node.depth - 1 })
        else { return [] }
        let left = (node.depth - 1) * Self.indent + 14
        let line = SVGElement(
            "path",
            [
                ("class", [node.style, nodes[parent].style].contains(.missing) ? "edge edge-missing" : "edge"),
                (
                    "d",
                    "M\(left) \(tops[parent] + Self.boxHeight)V\(tops[index] + Self.boxHeight / 2)H\(left + 16)"
                ),
            ])
        let words = SVGElement(
            "text",
            [("class", "muted"), ("x", "\(node.depth * Self.indent + 4)"), ("y", "\(tops[index] - 7)")],
            words: Self.cut(edge))
        return [line, words]
    }

    private static func boxWidth(_ node: Node) -> Int {
        24 + max(8 * cut(node.name).count, 7 * cut(node.detail).count)
    }

    private static func box(_ node: Node, top: Int) -> [SVGElement] {
        let left = node.depth * indent + 2
        let frame = SVGElement(
            "rect",
            [
                ("class", "box box-\(node.style.rawValue)"), ("x", "\(left)"), ("y", "\(top)"),
                ("width", "\(boxWidth(node))"), ("height", "\(boxHeight)"), ("rx", "4"),
            ])
        let name = SVGElement(
            "text", [("class", "name"), ("x", "\(left + 11)"), ("y", "\(top + 18)")], words: cut(node.name))
        let detail = SVGElement(
            "text", [("class", "muted"), ("x", "\(left + 11)"), ("y", "\(top + 34)")], words: cut(node.detail))
        let title = SVGElement("title", words: "\(node.name): \(node.detail)")
        return [SVGElement("g", [], [title, frame, name, detail])]
    }

    private static func cut(_ words: String) -> String {
        words.count > longestLine ? words.prefix(longestLine - 1) + "…" : words
    }
}
