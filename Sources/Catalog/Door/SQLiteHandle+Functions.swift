import GRDBSQLite

/// Functions that queries through the door have beside SQLite's own. Views use none of them, so that every SQLite tool
/// reads those.
///
/// - `human_bytes(n)`: a count of bytes as a person reads it, `2.4 GB`.
/// - `percentile(x, p)`: the value below which `p` percent of all `x` lie, between neighbors in proportion; `median(x)`.
/// - `corr(x, y)`: Pearson's correlation, over rows where both are numbers.
///
/// NULL does not count, and nothing that counts gives NULL. What percentiles keep comes from SQLite's own memory and is
/// bounded as a sort is.
extension SQLiteHandle {
    /// What they are called.
    static let functionNames = ["human_bytes", "percentile", "median", "corr"]

    func addFunctions() {
        unsafe add("human_bytes", argumentCount: 1) { context, _, values in
            unsafe DoorFunction.humanBytes(context, values)
        }
        for (name, count) in [("percentile", Int32(2)), ("median", 1)] {
            unsafe addAggregate(
                name, argumentCount: count,
                step: { context, count, values in unsafe NumberList.step(context, count, values) },
                final: { context in unsafe NumberList.finish(context) })
        }
        unsafe addAggregate(
            "corr", argumentCount: 2, step: { context, _, values in unsafe PairMoments.step(context, values) },
            final: { context in unsafe PairMoments.finish(context) })
    }

    private func add(
        _ name: String, argumentCount: Int32,
        _ body: @convention(c) (OpaquePointer?, Int32, UnsafeMutablePointer<OpaquePointer?>?) -> Void
    ) {
        // SQLite copies the name; the function is code and needs no context.
        unsafe sqlite3_create_function_v2(
            connection, name, argumentCount, Self.traits, nil, body, nil, nil, nil)
    }

    private func addAggregate(
        _ name: String, argumentCount: Int32,
        step: @convention(c) (OpaquePointer?, Int32, UnsafeMutablePointer<OpaquePointer?>?) -> Void,
        final: @convention(c) (OpaquePointer?) -> Void
    ) {
        unsafe sqlite3_create_function_v2(
            connection, name, argumentCount, Self.traits, nil, nil, step, final, nil)
    }

    private static let traits = SQLITE_UTF8 | SQLITE_DETERMINISTIC | SQLITE_INNOCUOUS
}

/// What the functions share. Values and contexts are SQLite's, and live until the call returns.
private enum DoorFunction {
    static func humanBytes(_ context: OpaquePointer?, _ values: UnsafeMutablePointer<OpaquePointer?>?) {
        guard let value = unsafe values?[0], let number = unsafe number(value) else {
            return unsafe sqlite3_result_null(context)
        }
        // SQLite copies the text.
        unsafe sqlite3_result_text(
            context, humanBytes(number), -1, unsafe unsafeBitCast(-1, to: sqlite3_destructor_type.self))
    }

    static func humanBytes(_ count: Double) -> String {
        let units = ["B", "kB", "MB", "GB", "TB", "PB"]
        var value = abs(count)
        var unit = 0
        // 999.5 of one unit would be written as 1000 of it.
        while value >= 999.5, unit < units.count - 1 {
            value /= 1000
            unit += 1
        }
        guard value < 1e15 else { return "\(count) B" }
        let tenths = (value * 10).rounded()
        let digits =
            unit > 0 && value < 99.95
            ? "\(Int(tenths) / 10).\(Int(tenths) % 10)" : "\(Int(value.rounded()))"
        return (count < 0 ? "-" : "") + "\(digits) \(units[unit])"
    }

    /// - Returns: nil for what is no number.
    static func number(_ value: OpaquePointer) -> Double? {
        switch unsafe sqlite3_value_type(value) {
        case SQLITE_INTEGER, SQLITE_FLOAT: unsafe sqlite3_value_double(value)
        default: nil
        }
    }

    static func isNull(_ value: OpaquePointer) -> Bool { unsafe sqlite3_value_type(value) == SQLITE_NULL }

    static func fail(_ context: OpaquePointer?, _ message: String) {
        // SQLite copies the message.
        unsafe sqlite3_result_error(context, message, -1)
    }
}

/// The numbers that `percentile` and `median` have seen: all bits zero at first, as SQLite hands it out.
@safe private struct NumberList {
    private var values: UnsafeMutablePointer<Double>?
    private var count: Int
    private var capacity: Int
    /// The percentage and 1, so that 0 means that none was seen.
    private var share: Double

    static func step(
        _ context: OpaquePointer?, _ argumentCount: Int32, _ arguments: UnsafeMutablePointer<OpaquePointer?>?
    ) {
        guard let value = unsafe arguments?[0], let list = unsafe state(of: context, Self.self) else { return }
        var share = 50.0
        if argumentCount == 2 {
            guard let second = unsafe arguments?[1], let wanted = unsafe DoorFunction.number(second),
                (0...100).contains(wanted), unsafe list.pointee.share == 0 || list.pointee.share == wanted + 1
            else {
                return unsafe DoorFunction.fail(
                    context, "percentile(x, p) wants the same p from 0 to 100 in every row")
            }
            share = wanted
        }
        unsafe list.pointee.share = share + 1
        if unsafe DoorFunction.isNull(value) { return }
        guard let number = unsafe DoorFunction.number(value) else {
            return unsafe DoorFunction.fail(context, "percentile and median want numbers")
        }
        unsafe list.pointee.append(number, context)
    }

    private mutating func append(_ number: Double, _ context: OpaquePointer?) {
        if count == capacity {
            let wanted = max(64, capacity * 2)
            guard
                let grown = unsafe sqlite3_realloc64(
                    values, UInt64(wanted) * UInt64(MemoryLayout<Double>.stride))
            else { return unsafe sqlite3_result_error_nomem(context) }
            // The block is aligned for every type and holds `wanted` numbers.
            unsafe values = grown.bindMemory(to: Double.self, capacity: wanted)
            capacity = wanted
        }
        unsafe values?[count] = number
        count += 1
    }

    static func finish(_ context: OpaquePointer?) {
        // Of size 0, SQLite gives what there is, which is nothing when no row came.
        guard let state = unsafe sqlite3_aggregate_context(context, 0) else {
            return unsafe sqlite3_result_null(context)
        }
        let list = unsafe state.assumingMemoryBound(to: Self.self)
        defer { unsafe sqlite3_free(list.pointee.values) }
        let count = unsafe list.pointee.count
        guard count > 0, let values = unsafe list.pointee.values else {
            return unsafe sqlite3_result_null(context)
        }
        var numbers = unsafe UnsafeMutableBufferPointer(start: values, count: count)
        unsafe numbers.sort()
        let place = unsafe (list.pointee.share - 1) / 100 * Double(count - 1)
        let below = Int(place)
        let low = unsafe values[below]
        let high = unsafe values[min(below + 1, count - 1)]
        let rest = place - Double(below)
        unsafe sqlite3_result_double(context, rest == 0 ? low : low + (high - low) * rest)
    }
}

/// Running means and sums of products of `corr`: all bits zero at first. Source: Welford's method.
private struct PairMoments {
    private var count: Double
    private var meanX: Double
    private var meanY: Double
    private var squaresX: Double
    private var squaresY: Double
    private var products: Double

    static func step(_ context: OpaquePointer?, _ arguments: UnsafeMutablePointer<OpaquePointer?>?) {
        guard let first = unsafe arguments?[0], let second = unsafe arguments?[1],
            let x = unsafe DoorFunction.number(first), let y = unsafe DoorFunction.number(second),
            let moments = unsafe state(of: context, Self.self)
        else { return }
        unsafe moments.pointee.add(x, y)
    }

    private mutating func add(_ x: Double, _ y: Double) {
        count += 1
        let differenceX = x - meanX, differenceY = y - meanY
        meanX += differenceX / count
        meanY += differenceY / count
        squaresX += differenceX * (x - meanX)
        squaresY += differenceY * (y - meanY)
        products += differenceX * (y - meanY)
    }

    static func finish(_ context: OpaquePointer?) {
        guard let state = unsafe sqlite3_aggregate_context(context, 0) else {
            return unsafe sqlite3_result_null(context)
        }
        let moments = unsafe state.assumingMemoryBound(to: Self.self).pointee
        let scale = (moments.squaresX * moments.squaresY).squareRoot()
        guard moments.count >= 2, scale > 0, scale.isFinite else { return unsafe sqlite3_result_null(context) }
        unsafe sqlite3_result_double(context, max(-1, min(1, moments.products / scale)))
    }
}

/// SQLite's block for one group's aggregate, of zeros at first; it frees it after the last call.
/// - Returns: nil after telling SQLite that memory is out.
private func state<State>(of context: OpaquePointer?, _: State.Type) -> UnsafeMutablePointer<State>? {
    guard let block = unsafe sqlite3_aggregate_context(context, Int32(MemoryLayout<State>.size)) else {
        unsafe sqlite3_result_error_nomem(context)
        return nil
    }
    return unsafe block.bindMemory(to: State.self, capacity: 1)
}
