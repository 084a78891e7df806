package import Numbers
package import Tensors

/// A base and the weighted sum of other models' differences from it: task arithmetic, TIES and DARE, in float32.
///
/// Source: mergekit, `merge_methods/generalized_task_arithmetic.py` and `sparsify.py`; Ilharco et al., arXiv 2212.04089;
/// Yadav et al., arXiv 2306.01708; Yu et al., arXiv 2311.03099.
package final class TaskRows: RowSource {
    /// A model that was tuned from the base, whose differences are merged.
    package struct Tuned {
        package var rows: any RowSource
        package var weight: Double
        package var sparsity: Sparsity

        package init(_ rows: any RowSource, weight: Double, sparsity: Sparsity) {
            self.rows = rows
            self.weight = weight
            self.sparsity = sparsity
        }
    }

    /// Which differences count.
    package enum Sparsity: Sendable {
        case all
        /// A share of the greatest.
        case greatest(Double)
        /// Those that are drawn.
        case drawn(RandomKeep)
    }

    /// How the differences become one.
    package struct Manner: Sendable {
        /// Whether those whose sign is not the majority's are left out.
        package var hasConsensus: Bool
        /// Whether the sum is divided by the weights that went into it.
        package var normalizes: Bool
        /// Whether what is kept is scaled up until its absolute sum is that of all.
        package var rescales: Bool
        package var lambda: Double

        package init(hasConsensus: Bool, normalizes: Bool, rescales: Bool, lambda: Double) {
            self.hasConsensus = hasConsensus
            self.normalizes = normalizes
            self.rescales = rescales
            self.lambda = lambda
        }
    }

    package let rowCount: Int
    package let rowLength: Int
    package let dtype = DType.F32
    private var base: FloatRows
    private var tasks: [Prepared]
    private let manner: Manner
    private let kernels: Kernels

    /// A task that knows what it keeps.
    fileprivate struct Prepared {
        var rows: FloatRows
        let weight: Float
        var keep: Keep = .all
        var scale: Float = 1
    }

    fileprivate enum Keep {
        case all
        case cut(MagnitudeCut)
        case drawn(RandomKeep)
    }

    /// Reads base and tasks as often as it takes to know which differences are the greatest.
    package init(base: any RowSource, tasks: [Tuned], manner: Manner, kernels: Kernels) throws {
        rowCount = base.rowCount
        rowLength = base.rowLength
        self.base = try FloatRows(base, kernels: kernels)
        self.manner = manner
        self.kernels = kernels
        self.tasks = []
        for task in tasks {
            var prepared = Prepared(rows: try FloatRows(task.rows, kernels: kernels), weight: Float(task.weight))
            try prepare(&prepared, task.sparsity)
            self.tasks.append(prepared)
        }
    }

    private func prepare(_ task: inout Prepared, _ sparsity: Sparsity) throws {
        switch sparsity {
        case .all: return
        case .greatest(let density):
            var rows = task.rows
            task.keep = .cut(
                try MagnitudeCut(density: density, count: rowCount * rowLength) { body in
                    try forEachDifference(&rows, body)
                })
        case .drawn(let draw): task.keep = .drawn(draw)
        }
        guard manner.rescales else { return }
        var before = 0.0, after = 0.0
        var rows = task.rows
        let keep = task.keep
        try forEachDifference(&rows) { start, differences in
            for place in differences.indices {
                let magnitude = Double(abs(differences[place]))
                before += magnitude
                if keep.keeps(differences[place], at: start + place) { after += magnitude }
            }
        }
        if before >= 1e-7, after >= 1e-7 { task.scale = Float(before / after) }
    }

    private func forEachDifference(
        _ rows: inout FloatRows, _ body: (_ start: Int, _ differences: [Float]) throws -> Void
    ) throws {
        let step = max(1, FloatRows.chunkElementCount / max(1, rowLength))
        for start in stride(from: 0, to: rowCount, by: step) {
            try Task.checkCancellation()
            let range = start..<min(start + step, rowCount)
            try base.read(range)
            try rows.read(range)
            try body(start * rowLength, differences(rows.values))
        }
    }

    private func differences(_ numbers: [Float]) -> [Float] {
        var differences = numbers
        let base = base.values
        var span = differences.mutableSpan
        kernels.add(base.span, times: -1, to: &span)
        return differences
    }

    package func read(_ rows: Range<Int>, into buffer: inout [UInt8]) throws {
        try base.read(rows)
        let start = rows.lowerBound * rowLength
        var weighted: [[Float]] = []
        for index in tasks.indices {
            try tasks[index].rows.read(rows)
            var numbers = differences(tasks[index].rows.values)
            tasks[index].sparsify(&numbers, from: start)
            var span = numbers.mutableSpan
            kernels.scale(&span, by: tasks[index].weight)
            weighted.append(numbers)
        }
        var sums = base.values
        let mixed = mix(weighted, count: sums.count)
        var span = sums.mutableSpan
        kernels.add(mixed.span, times: Float(manner.lambda), to: &span)
        sums.store(into: &buffer, kernels: kernels)
    }

    private func mix(_ weighted: [[Float]], count: Int) -> [Float] {
        var mixed = [Float](repeating: 0, count: count)
        if manner.hasConsensus {
            consensus(weighted, into: &mixed)
        } else {
            let total = tasks.reduce(Float(0)) { $0 + $1.weight }
            let divisor = manner.normalizes && abs(total) >= 1e-8 ? total : 1
            var span = mixed.mutableSpan
            for numbers in weighted { kernels.add(numbers.span, times: 1, to: &span) }
            if divisor != 1 { for place in mixed.indices { mixed[place] /= divisor } }
        }
        return mixed
    }

    /// The sign of the sum counts; a sum of zero counts as positive, and a difference of zero has no sign.
    private func consensus(_ weighted: [[Float]], into mixed: inout [Float]) {
        let weights = tasks.map(\.weight)
        for place in mixed.indices {
            var total: Float = 0
            for numbers in weighted { total += numbers[place] }
            let isPositive = total >= 0
            var sum: Float = 0, divisor: Float = 0
            for (numbers, weight) in zip(weighted, weights) {
                let number = numbers[place]
                guard isPositive ? number > 0 : number < 0 else { continue }
                sum += number
                divisor += weight
            }
            mixed[place] = manner.normalizes && divisor != 0 ? sum / divisor : sum
        }
    }
}

extension TaskRows.Keep {
    fileprivate func keeps(_ number: Float, at place: Int) -> Bool {
        switch self {
        case .all: true
        case .cut(let cut): cut.keeps(number, at: place)
        case .drawn(let draw): draw.keeps(place)
        }
    }
}

extension TaskRows.Prepared {
    /// Makes zero of what is not kept.
    fileprivate func sparsify(_ numbers: inout [Float], from start: Int) {
        if case .all = keep { return }
        for place in numbers.indices {
            numbers[place] = keep.keeps(numbers[place], at: start + place) ? numbers[place] * scale : 0
        }
    }
}
