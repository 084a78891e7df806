import Registry

extension InspectReport {
    /// What `inspect` tells, for a person.
    func summary(listsTensors: Bool) -> [String] {
        var facts = FactList()
        facts.add("format", format)
        facts.add("scheme", scheme)
        facts.add("quantization", quantization)
        facts.add("architecture", architecture)
        facts.add("parameters", Figures.grouped(parameters))
        facts.add("tensors", "\(Figures.grouped(tensorCount)), \(Figures.bytes(bytes))")
        facts.add("types", lines: types.map(\.line))
        facts.add("files", lines: files.map { "\($0.path)  \(Figures.bytes($0.bytes))  \($0.role)" })
        facts.add("left out", lines: leftOut.map { "\($0.path): \($0.reason)" })
        facts.add("metadata", lines: metadataLines)
        return [TerminalText.escaped(path)] + facts.text() + (listsTensors ? [""] + tensorLines : [])
    }

    /// What the files say, each thing once where all of them say the same; else by file.
    private var metadataLines: [String] {
        func line(_ entry: Entry) -> String { "\(entry.key) = \(Self.shortened(entry.value))" }
        let weights = files.filter { $0.role == "weights" }.map(\.path)
        guard weights.count > 1 else { return metadata.map(line) }
        let byEntry = Dictionary(grouping: metadata) { [$0.key, $0.value] }
        let shared = Set(byEntry.filter { Set($1.map(\.file)).count == weights.count }.keys)
        func isShared(_ entry: Entry) -> Bool { shared.contains([entry.key, entry.value]) }
        let common = metadata.filter { $0.file == weights.first && isShared($0) }.map(line)
        let own = metadata.filter { !isShared($0) }
        return common
            + weights.flatMap { path in
                let lines = own.filter { $0.file == path }.map { "  " + line($0) }
                return lines.isEmpty ? [] : ["\(path):"] + lines
            }
    }

    private var tensorLines: [String] {
        let names = tensors.map { TerminalText.escaped($0.name) }
        let width = names.map { TerminalText.cellCount($0) }.max() ?? 0
        let typeWidth = tensors.map { TerminalText.cellCount($0.type) }.max() ?? 0
        return zip(names, tensors).map { name, tensor in
            let size = TerminalText.padded(Figures.bytes(tensor.bytes), to: 8, .right)
            let type = TerminalText.padded(TerminalText.escaped(tensor.type), to: typeWidth)
            return "  \(TerminalText.padded(name, to: width))  \(type)  \(size)  \(tensor.shape)"
        }
    }

    /// The start of a long text, such as a chat template.
    private static func shortened(_ text: String) -> String {
        let line = text.split(separator: "\n", omittingEmptySubsequences: false).first.map(String.init) ?? ""
        let start = line.prefix(100)
        return start.count == text.count ? text : start + "…"
    }
}

extension InspectReport.TypeCount {
    /// `Q4_K: 24 tensors, 113 MB`
    fileprivate var line: String {
        "\(type): \(Figures.count(tensorCount, "tensor")), \(Figures.bytes(bytes))"
    }
}

extension GlobalsReport {
    /// The globals of a pickle, for a person.
    var summary: [String] {
        let title = "\(path): \(Figures.count(globals.count, "global")), \(unknownCount) not on the list"
        let width = globals.map { TerminalText.cellCount(TerminalText.escaped($0.name)) }.max() ?? 0
        return [TerminalText.escaped(title)]
            + globals.map { global in
                let name = TerminalText.padded(TerminalText.escaped(global.name), to: width)
                let verdict = global.isAllowed ? "understood" : "NOT ON THE LIST"
                let place = "byte \(global.byteOffset)" + (global.member.map { " of \($0)" } ?? "")
                return "  \(name)  \(verdict)  \(TerminalText.escaped(place))"
            } + remarks.map { "  " + TerminalText.escaped($0) }
    }
}
