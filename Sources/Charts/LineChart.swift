/// Curves over a common horizontal axis, in panels below each other.
package struct LineChart: Sendable {
    /// One value. NaN and infinities part the line and are marked at the top edge.
    package struct Point: Equatable, Sendable {
        package var x: Double
        package var y: Double

        package init(x: Double, y: Double) {
            self.x = x
            self.y = y
        }
    }

    /// Which points of a series get a mark.
    package enum Marks: Equatable, Sendable {
        case none
        /// A few, which tell series apart on gray paper.
        case sparse
        /// Every point, as long as they are not too close to each other.
        case every
    }

    /// One line of a panel.
    package struct Series: Sendable {
        /// Told to readers who do not see the chart, and shown by browsers when pointed at.
        package var name: String
        /// In the order in which the line connects them.
        package var points: [Point]
        package var stroke: LineStroke
        package var marks: Marks
        /// What is written at the line's end; nil for nothing.
        package var endLabel: String?

        package init(
            _ name: String, _ points: [Point], stroke: LineStroke, marks: Marks = .none, endLabel: String? = nil
        ) {
            self.name = name
            self.points = points
            self.stroke = stroke
            self.marks = marks
            self.endLabel = endLabel
        }
    }

    /// A point that is pointed out, such as the best.
    package struct Callout: Sendable {
        package var point: Point
        package var label: String
        package var hue: Int

        package init(_ point: Point, label: String, hue: Int) {
            self.point = point
            self.label = label
            self.hue = hue
        }
    }

    /// One drawing area with a vertical axis of its own.
    package struct Panel: Sendable {
        package var title: String
        package var axis: Axis
        package var series: [Series]
        package var callouts: [Callout]
        /// A horizontal line at this value, such as 0.
        package var reference: Double?
        /// The height of the drawing area.
        package var height: Double

        package init(
            _ title: String, axis: Axis, series: [Series], callouts: [Callout] = [], reference: Double? = nil,
            height: Double = 170
        ) {
            self.title = title
            self.axis = axis
            self.series = series
            self.callouts = callouts
            self.reference = reference
            self.height = height
        }
    }

    /// A line of the legend. Curves with labels at their ends need none.
    package struct Key: Sendable {
        package var name: String
        package var stroke: LineStroke
        /// Whether the mark of the hue is shown too.
        package var marks: Marks

        package init(_ name: String, stroke: LineStroke, marks: Marks = .none) {
            self.name = name
            self.stroke = stroke
            self.marks = marks
        }
    }

    package var title: String
    /// What the chart shows, in words, for readers who do not see it.
    package var description: String
    package var axis: Axis
    package var panels: [Panel]
    package var legend: [Key]
    package var width: Double

    package init(
        _ title: String, description: String, axis: Axis, panels: [Panel], legend: [Key] = [], width: Double = 760
    ) {
        self.title = title
        self.description = description
        self.axis = axis
        self.panels = panels
        self.legend = legend
        self.width = max(240, width)
    }

    /// The chart for a page that holds `ChartTheme.style`.
    package var element: SVGElement {
        let drawn = LineChartDrawing(self)
        return ChartFrame.element(
            drawn.drawing, width: width, height: drawn.height, title: title, description: description)
    }

    /// The chart as a file of its own: dark on white on paper, and light on dark where the reader's screen is so.
    package var document: String {
        let drawn = LineChartDrawing(self)
        return ChartFrame.document(
            drawn.drawing, width: width, height: drawn.height, title: title, description: description)
    }
}
