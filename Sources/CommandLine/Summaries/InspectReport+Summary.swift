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
        facts.add("scale rules", lines: scaleRuleLines)
        facts.add("types", lines: types.map(\.line))
        facts.add("files", lines: files.map { "\($0.path)  \(Figures.bytes($0.bytes))  \($0.role)" })
        facts.add("left out", lines: leftOut.map { "\($0.path): \($0.reason)" })
        facts.add("metadata", lines: metadataLines)
        return [TerminalText.escaped(path)] + facts.text() + (listsTensors ? [""] + tensorLines : [])
    }

    /// By scheme; a line also where there is no scheme with such scales, when it was asked.
    private var scaleRuleLines: [String] {
        guard let scaleRules, scaleRules.isEmpty else { return (scaleRules ?? []).map(\.line) }
        return ["no tensor has MX scales"]
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

extension InspectReport.ScaleRules {
    /// `ct-mxfp4: of the four rules ceil; of 98,304 blocks the greatest element is 6 in 26 %, 4 in 52 %, 3 in 22 %`
    fileprivate var line: String {
        let telling = greatest.reduce(0) { $0 + $1.blockCount }
        guard telling > 0, let last = rules.last else {
            return "\(scheme): none of \(Figures.count(blockCount, "block")) tells the rule"
        }
        let words =
            last == "search"
            ? "none of the four rules, a search"
            : "of the four rules "
                + (rules.count == 1 ? last : rules.dropLast().joined(separator: ", ") + " or " + last)
        let shares = greatest.filter { $0.blockCount > 0 }.map { part in
            let percent = Figures.fixed(100 * Double(part.blockCount) / Double(telling), decimals: 1)
            return "\(part.elements) in \(percent) %"
        }
        return "\(scheme): \(words); of \(Figures.count(telling, "block")) the greatest element is "
            + shares.joined(separator: ", ")
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
