/// A rectangle of a drawing.
struct LabelBox: Equatable {
    var x: Double
    var y: Double
    var width: Double
    var height: Double

    func overlaps(_ other: Self) -> Bool {
        x < other.x + other.width && other.x < x + width && y < other.y + other.height && other.y < y + height
    }

    func contains(_ other: Self) -> Bool {
        other.x >= x && other.y >= y && other.x + other.width <= x + width && other.y + other.height <= y + height
    }
}

/// Finds places for labels beside their points, where they cover neither each other nor what is drawn.
struct LabelPlacement {
    private let area: LabelBox
    private var taken: [LabelBox] = []
    /// What labels had better not cover; it counts less than another label.
    private var obstacles: [LabelBox] = []
    private static let mostObstacles = 4_000

    init(in area: LabelBox) { self.area = area }

    /// Keeps labels away from a point.
    mutating func avoid(x: Double, y: Double, radius: Double) {
        guard obstacles.count < Self.mostObstacles else { return }
        obstacles.append(LabelBox(x: x - radius, y: y - radius, width: 2 * radius, height: 2 * radius))
    }

    /// The best free place around a point, in rings that grow; nil when all of them lie on other labels or outside.
    /// - Parameter gap: how far the nearest label is from the point.
    mutating func place(width: Double, height: Double, atX x: Double, y: Double, from gap: Double) -> LabelBox? {
        var best: (box: LabelBox, cost: Double)?
        for (rank, ring) in [gap, gap + 8, gap + 18, gap + 32, gap + 50].enumerated() {
            for (order, box) in Self.candidates(width, height, x, y, ring).enumerated() {
                guard area.contains(box), !taken.contains(where: box.overlaps) else { continue }
                let covered = obstacles.reduce(0) { $0 + (box.overlaps($1) ? 1 : 0) }
                let cost = 3 * Double(covered) + Double(rank) * 1.5 + Double(order) * 0.1
                if cost < best?.cost ?? .infinity { best = (box, cost) }
            }
        }
        guard let best else { return nil }
        taken.append(best.box)
        return best.box
    }

    /// Eight places around a point, the ones that read best first.
    private static func candidates(
        _ width: Double, _ height: Double, _ x: Double, _ y: Double, _ gap: Double
    ) -> [LabelBox] {
        let near = gap * 0.7
        let corners = [
            (x + gap, y - height / 2), (x + near, y - near - height), (x + near, y + near),
            (x - gap - width, y - height / 2), (x - width / 2, y - gap - height), (x - width / 2, y + gap),
            (x - near - width, y - near - height), (x - near - width, y + near),
        ]
        return corners.map { LabelBox(x: $0.0, y: $0.1, width: width, height: height) }
    }
}

/// Labels below each other in a column.
enum LabelColumn {
    /// Rows as near to `wanted` (rising) as can be, `apart` from each other and within `bounds`; closer where there is
    /// no room for all.
    static func spread(_ wanted: [Double], apart: Double, in bounds: ClosedRange<Double>) -> [Double] {
        guard wanted.count > 1 else { return wanted.map { min(bounds.upperBound, max(bounds.lowerBound, $0)) } }
        let room = (bounds.upperBound - bounds.lowerBound) / Double(wanted.count - 1)
        let apart = min(apart, room)
        var rows: [Double] = []
        for place in wanted { rows.append(max(place, (rows.last ?? bounds.lowerBound - apart) + apart)) }
        var limit = bounds.upperBound
        for index in rows.indices.reversed() {
            rows[index] = min(rows[index], limit)
            limit = rows[index] - apart
        }
        return rows
    }
}
