package import Bytes

/// A file `metrics/NAME` of MLflow's file store: one line `time value step` for each value, the time in milliseconds.
///
/// Source: MLflow, `mlflow/store/tracking/file_store.py`.
package struct MLflowMetricFile: RunLogStream {
    private let name: String
    private var metric: Int32?
    package let tellsSteps = true

    /// - Parameter name: the metric.
    package init(name: String) { self.name = name }

    package mutating func take(_ bytes: Span<UInt8>, into values: inout RunValues) throws(FormatError) -> Int {
        var start = 0
        var place = 0
        while place < bytes.count {
            if bytes[place] == UInt8(ascii: "\n") {
                if place > start { try takeLine(bytes, start, place, into: &values) }
                start = place + 1
            }
            place += 1
        }
        return start
    }

    package mutating func takeLast(_ bytes: Span<UInt8>, into values: inout RunValues) throws(FormatError) -> Bool {
        false
    }

    private mutating func takeLine(
        _ bytes: Span<UInt8>, _ start: Int, _ end: Int, into values: inout RunValues
    ) throws(FormatError) {
        var numbers: [Double] = []
        var place = start
        while place < end, numbers.count < 4 {
            let first = place
            while place < end, bytes[place] != 0x20, bytes[place] != 0x0D { place += 1 }
            guard let number = NumberText.number(bytes, first, place) else { break }
            numbers.append(number)
            while place < end, bytes[place] == 0x20 || bytes[place] == 0x0D { place += 1 }
        }
        // The oldest versions wrote no step.
        guard place == end, (2...3).contains(numbers.count),
            let step = numbers.count == 3 ? LogField.step(numbers[2]) : 0
        else {
            throw FormatError(
                .corrupt, "the line is no 'time value step'", at: start, remedy: "Mend the line, or log the run again")
        }
        if metric == nil { metric = try values.metric(named: name) }
        guard let metric else { return }
        values.append(
            series: metric, step: step, time: LogField.milliseconds(numbers[0]) ?? RunValues.noTime, value: numbers[1])
    }
}
