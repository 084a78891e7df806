/// Named points on two axes, with the front of those that no other beats as a stepped line.
package struct ScatterChart: Sendable {
    /// Which end of an axis is the good one.
    package enum Better: Equatable, Sendable { case lower, higher }

    /// One point.
    package struct Point: Sendable {
        package var label: String
        /// More words for a browser to show when the point is pointed at.
        package var detail: String
        package var x: Double
        package var y: Double
        /// Whether no other point is as good on both axes and better on one.
        package var isOnFront: Bool
        /// The hue, with its mark, of the group that it belongs to.
        package var hue: Int

        package init(_ label: String, detail: String = "", x: Double, y: Double, isOnFront: Bool, hue: Int = 0) {
            self.label = label
            self.detail = detail
            self.x = x
            self.y = y
            self.isOnFront = isOnFront
            self.hue = hue
        }
    }

    package var title: String
    /// What the chart shows, in words, for readers who do not see it.
    package var description: String
    package var horizontal: Axis
    package var vertical: Axis
    package var betterX: Better
    package var betterY: Better
    package var points: [Point]
    /// Names of the groups, by hue.
    package var groups: [(name: String, hue: Int)]
    package var width: Double
    /// The height of the drawing area.
    package var height: Double

    package init(
        _ title: String, description: String, horizontal: Axis, vertical: Axis, betterX: Better, betterY: Better,
        points: [Point], groups: [(name: String, hue: Int)] = [], width: Double = 760, height: Double = 380
    ) {
        self.title = title
        self.description = description
        self.horizontal = horizontal
        self.vertical = vertical
        self.betterX = betterX
        self.betterY = betterY
        self.points = points
        self.groups = groups
        self.width = max(240, width)
        self.height = max(120, height)
    }

    /// The chart for a page that holds `ChartTheme.style`.
    package var element: SVGElement {
        let drawn = ScatterChartDrawing(self)
        return ChartFrame.element(
            drawn.drawing, width: width, height: drawn.height, title: title, description: description)
    }

    /// The chart as a file of its own.
    package var document: String {
        let drawn = ScatterChartDrawing(self)
        return ChartFrame.document(
            drawn.drawing, width: width, height: drawn.height, title: title, description: description)
    }
}
