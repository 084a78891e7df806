/// A series on paper: connected pieces, and where values were that are not numbers.
struct PixelPath: Equatable {
    /// One place, in units of the drawing.
    struct Place: Equatable {
        var x: Double
        var y: Double
    }

    /// Runs of places that a line connects.
    private(set) var pieces: [[Place]] = []
    /// The x of values that are NaN or infinite, each column once.
    private(set) var missing: [Double] = []

    /// - Parameters:
    ///   - points: in the order in which the line connects them.
    ///   - x, y: the axes. A value that is no number parts the line; so does one with no place on the axis.
    init(_ points: [LineChart.Point], x: Projection, y: Projection) {
        var piece: [Place] = []
        for point in points {
            guard let left = x(point.x) else { continue }
            guard let top = y(point.y) else {
                if !piece.isEmpty { pieces.append(piece) }
                piece = []
                if !point.y.isFinite, missing.last.map({ abs($0 - left) >= 1 }) ?? true { missing.append(left) }
                continue
            }
            piece.append(Place(x: left, y: top))
        }
        if !piece.isEmpty { pieces.append(piece) }
        pieces = pieces.map(Self.thinned)
    }

    /// The same picture with at most four places for each column of one unit: the first, the lowest, the highest and
    /// the last, so that no extreme is lost. Source: Jugel, Jerzak, Hackenbroich, Markl, "M4: A Visualization-Oriented
    /// Time Series Data Aggregation", VLDB 2014.
    static func thinned(_ places: [Place]) -> [Place] {
        var result: [Place] = []
        var start = 0
        while start < places.count {
            let column = places[start].x.rounded(.down)
            var end = start
            var (lowest, highest) = (start, start)
            while end < places.count, places[end].x.rounded(.down) == column {
                if places[end].y < places[lowest].y { lowest = end }
                if places[end].y > places[highest].y { highest = end }
                end += 1
            }
            for index in Set([start, lowest, highest, end - 1]).sorted() { result.append(places[index]) }
            start = end
        }
        return result
    }

    /// The line as path commands. A place without neighbors becomes a dot, which round line ends make visible.
    var commands: String {
        pieces.map { piece in
            piece.enumerated().map { index, place in
                let text = "\(DecimalText.coordinate(place.x)) \(DecimalText.coordinate(place.y))"
                if index == 0 { return piece.count == 1 ? "M\(text)h0" : "M\(text)" }
                return "L\(text)"
            }.joined()
        }.joined()
    }

    /// Places for marks, about `spacing` apart, beginning `offset` from the first.
    func spread(by spacing: Double, offset: Double) -> [Place] {
        guard let first = pieces.first?.first else { return [] }
        var next = first.x + offset
        var marks: [Place] = []
        for place in pieces.joined() where place.x >= next {
            marks.append(place)
            next = max(next + spacing, place.x + spacing / 2)
        }
        return marks
    }
}
