import Bytes

/// One row of a table, turned into results by a map of its columns.
struct MappedRow {
    let cell: (ColumnMap.Source) -> JSONValue?
    let place: String
    let byteOffset: Int?
    /// The table's headings.
    let columns: [String]

    /// One result, or one for each value column that is not blank.
    func results(_ map: ColumnMap) throws(FormatError) -> [MeasuredResult] {
        let common = try common(map)
        let isWide = map.sources[.metric] == nil
        var results: [MeasuredResult] = []
        for (index, source) in (map.sources[.value] ?? []).enumerated() {
            guard let text = text(cell(source)) else {
                if isWide { continue }
                throw fault("the value is missing")
            }
            guard let value = ResultNumber.value(text) else {
                throw fault("the value '\(text.shortened)' is no number")
            }
            var result = common
            result.value = value
            if isWide { result.metric = name(of: source, index) }
            if let error = map.sources[.stderr]?[index] { result.standardError = try number(error, "standard error") }
            results.append(try result.checked(place, at: byteOffset))
        }
        return results
    }

    private func name(of source: ColumnMap.Source, _ index: Int) -> String {
        switch source {
        case .column(let name): name
        case .place(let place) where columns.indices.contains(place) && !columns[place].isEmpty: columns[place]
        case .place, .text: "value\(index + 1)"
        }
    }

    private func common(_ map: ColumnMap) throws(FormatError) -> MeasuredResult {
        func text(_ field: ColumnMap.Field) -> String? { map.sources[field]?.first.flatMap { self.text(cell($0)) } }
        var result = MeasuredResult(task: text(.task), metric: text(.metric) ?? "", value: 0)
        if map.sources[.metric] != nil, result.metric.isEmpty { throw fault("the metric is missing") }
        result.unit = text(.unit)
        result.dataset = text(.dataset)
        result.tool = text(.tool)
        result.toolVersion = text(.toolVersion)
        result.host = MeasuringHost(
            name: text(.host), cpu: text(.cpu), coreCount: try count(text(.cores), "number of cores"),
            memoryByteCount: try count(text(.memory), "memory in bytes"), gpu: text(.gpu), os: text(.os))
        result.sampleCount = try count(text(.sampleCount), "number of samples")
        result.higherIsBetter = try truth(text(.higherIsBetter))
        result.datasetDigest = try digest(text(.datasetDigest), "dataset")
        result.promptDigest = try digest(text(.promptDigest), "prompts")
        result.measuredAt = try moment(text(.time))
        for source in map.sources[.condition] ?? [] {
            guard case .column(let name) = source, let value = cell(source), self.text(value) != nil else { continue }
            result.conditions[name] = plain(value)
        }
        return result
    }

    /// The content of a cell; nil for one that is blank.
    private func text(_ value: JSONValue?) -> String? {
        switch value {
        case .string(let text): text.allSatisfy(\.isWhitespace) ? nil : text.trimmed
        case .null, nil: nil
        case .some(let value): value.text()
        }
    }

    /// A whole number as a number, so that CSV and JSON say the same.
    private func plain(_ value: JSONValue) -> JSONValue {
        guard let text = value.stringValue?.trimmed else { return value }
        guard let number = Int(text), String(number) == text else { return .string(text) }
        return .number(number)
    }

    private func number(_ source: ColumnMap.Source, _ what: String) throws(FormatError) -> Double? {
        guard let text = text(cell(source)) else { return nil }
        guard let number = ResultNumber.value(text) else { throw fault("the \(what) '\(text.shortened)' is no number") }
        return number.isFinite ? number : nil
    }

    private func count(_ text: String?, _ what: String) throws(FormatError) -> Int? {
        guard let text else { return nil }
        guard let count = ResultNumber.count(text) else {
            throw fault("the \(what) '\(text.shortened)' is no whole number from 0 on")
        }
        return count
    }

    private func truth(_ text: String?) throws(FormatError) -> Bool? {
        switch text?.lowercased() {
        case nil: return nil
        case "true", "1", "yes": return true
        case "false", "0", "no": return false
        case let text?: throw fault("higher_is_better is '\(text.shortened)', neither true nor false")
        }
    }

    private func digest(_ text: String?, _ what: String) throws(FormatError) -> Digest? {
        guard let text else { return nil }
        guard let digest = Digest(hex: text.lowercased()) else {
            throw fault("the digest of the \(what) is '\(text.shortened)', not 64 hexadecimal digits")
        }
        return digest
    }

    private func moment(_ text: String?) throws(FormatError) -> Int? {
        guard let text else { return nil }
        if let seconds = ResultNumber.value(text), seconds >= 0, seconds < Double(MeasuredResult.moments.upperBound) {
            return Int(seconds)
        }
        guard let milliseconds = MomentText.milliseconds(text) else {
            throw fault("the time '\(text.shortened)' is neither seconds since 1970 nor like 2026-05-01T09:30:00Z")
        }
        return Int(milliseconds / 1000)
    }

    private func fault(_ problem: String) -> FormatError {
        FormatError(.corrupt, "\(place): \(problem)", at: byteOffset, remedy: "Mend that row, or remove it")
    }
}
