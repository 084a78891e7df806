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

    /// The drawing, for a page that holds the rules of `ChartTheme.style`.
    /// - Parameters:
    ///   - title: what a reader who does not see it is told first.
    ///   - description: and then.
    package func element(title: String, description: String) -> SVGElement {
        var tops: [Int] = []
        var top = 2
        for node in nodes {
            top += node.edge == nil ? (tops.isEmpty ? 0 : 14) : Self.edgeHeight
            tops.append(top)
            top += Self.boxHeight
        }
        let width =
            nodes.map { node in
                let words = node.edge.map { 8 + Drawing.width(of: Self.cut($0)) } ?? 0
                return node.depth * Self.indent + max(Self.boxWidth(node), words)
            }.max() ?? 0
        var drawing = Drawing()
        for index in nodes.indices { connect(index, tops, in: &drawing) }
        for (node, top) in zip(nodes, tops) { Self.draw(node, top: top, into: &drawing) }
        return drawing.element(width: width + 6, height: top + 4, title: title, description: description)
    }

    /// A line down from the parent's left side and right into the box.
    private func connect(_ index: Int, _ tops: [Int], in drawing: inout Drawing) {
        let node = nodes[index]
        guard let edge = node.edge, node.depth > 0,
            let parent = nodes[..<index].lastIndex(where: { $0.depth == node.depth - 1 })
        else { return }
        let left = (node.depth - 1) * Self.indent + 14
        let isMissing = [node.style, nodes[parent].style].contains(.missing)
        drawing.path(
            "M\(left) \(tops[parent] + Self.boxHeight)V\(tops[index] + Self.boxHeight / 2)H\(left + 16)", color: .edge,
            width: 1.2, dash: isMissing ? "4 3" : nil)
        drawing.words(Self.cut(edge), left: node.depth * Self.indent + 4, base: tops[index] - 7, .muted)
    }

    private static func boxWidth(_ node: Node) -> Int {
        // Names are bold, and the font may be a wide one: both take an eighth more.
        let width = max(Drawing.width(of: cut(node.name)), Drawing.width(of: cut(node.detail)))
        return 24 + width + width / 8
    }

    private static func draw(_ node: Node, top: Int, into drawing: inout Drawing) {
        let left = node.depth * indent + 2
        let (edge, border): (ChartColor, [(String, String)]) =
            switch node.style {
            case .plain: (.edge, [("stroke-width", "1")])
            case .marked: (.hue(4), [("stroke-width", "2.5")])
            case .missing: (.muted, [("stroke-width", "1"), ("stroke-dasharray", "4 3")])
            }
        drawing.box(
            ChartColor.paper.fill(edge: edge) + border, left: left, top: top, width: boxWidth(node), height: boxHeight,
            radius: 4, title: "\(node.name): \(node.detail)")
        drawing.words(cut(node.name), left: left + 11, base: top + 18, isBold: node.style != .missing)
        drawing.words(cut(node.detail), left: left + 11, base: top + 34, .muted)
    }

    private static func cut(_ words: String) -> String {
        words.count > longestLine ? words.prefix(longestLine - 1) + "…" : words
    }
}
