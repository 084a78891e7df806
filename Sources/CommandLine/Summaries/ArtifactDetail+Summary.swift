import Registry

extension ArtifactDetail {
    /// Everything that `show` tells, for a person.
    func summary(_ terminal: TerminalStyle) -> [String] {
        let sections: [(title: String, lines: [String])] = [
            (terminal.bold(TerminalText.escaped(title)), identity),
            ("notes", notes.flatMap(\.lines)),
            ("model", model),
            ("weights", weights),
            ("files", fileLines),
            ("parents", parents.flatMap(\.lines)),
            ("children", children.flatMap(\.lines)),
            ("runs", runs.map { "  " + $0.line }),
            ("results", results.map { "  " + $0.line }),
        ]
        let filled = sections.filter { !$0.lines.isEmpty }
        return filled.enumerated().flatMap { index, section in
            (index == 0 ? [] : [""]) + [index == 0 ? section.title : terminal.bold(section.title)] + section.lines
        }
    }

    private var title: String { artifact.typedName }

    private var identity: [String] {
        var facts = FactList()
        let others = names.filter { $0 != artifact.typedName }
        facts.add("also", others.isEmpty ? nil : others.joined(separator: ", "))
        facts.add("kind", "\(artifact.kind), \(artifact.origin)")
        facts.add("scheme", artifact.scheme)
        facts.add("quantization", artifact.quantization)
        facts.add("format", artifact.format)
        facts.add("digest", artifact.digest)
        facts.add("weights digest", artifact.weightsDigest)
        facts.add("license", artifact.license)
        facts.add("base model", baseModel)
        facts.add("made for", [pipeline, library.map { "in \($0)" }].compactMap(\.self).joined(separator: " "))
        facts.add("languages", languages.joined(separator: ", "))
        facts.add("card's tags", cardTags.joined(separator: ", "))
        facts.add("datasets", datasets.joined(separator: ", "))
        facts.add("registered from", sourcePath)
        facts.add("published as", sourceRepository.map { $0 + (sourceRevision.map { " @ " + $0.prefix(12) } ?? "") })
        facts.add("read with", reading)
        facts.add("created", artifact.createdAt)
        facts.add(
            "evicted",
            artifact.evictedBlobs == 0
                ? nil : "its bytes are not in the store; they are derived again when they are needed")
        return facts.text()
    }

    private var model: [String] {
        var facts = FactList()
        facts.add("architecture", artifact.architecture)
        facts.add("model type", modelType)
        facts.add("layers", layerCount.map(Figures.grouped))
        facts.add("hidden size", hiddenSize.map(Figures.grouped))
        facts.add("heads", heads)
        facts.add("vocabulary", vocabularySize.map(Figures.grouped))
        facts.add("context", contextLength.map(Figures.grouped))
        return facts.text()
    }

    private var heads: String? {
        guard let headCount else { return nil }
        guard let keyValueHeadCount, keyValueHeadCount != headCount else { return Figures.grouped(headCount) }
        return "\(Figures.grouped(headCount)), \(Figures.grouped(keyValueHeadCount)) for keys and values"
    }

    private var weights: [String] {
        var facts = FactList()
        facts.add("parameters", Figures.grouped(artifact.parameters))
        facts.add("tensors", Figures.grouped(tensorCount))
        facts.add("bits per weight", artifact.bitsPerWeight.map(Figures.real))
        facts.add("relative RMSE", artifact.relRmse.map(Figures.real))
        facts.add("size", Self.size(artifact.logicalBytes))
        facts.add("stored", artifact.storedBytes.map(Self.size))
        facts.add("freed by rm", artifact.uniqueBytes.map(Self.size))
        return facts.text()
    }

    private static func size(_ bytes: Int) -> String { "\(Figures.bytes(bytes)) (\(Figures.grouped(bytes)) bytes)" }

    private var fileLines: [String] {
        let width = files.map { TerminalText.cellCount(TerminalText.escaped($0.path)) }.max() ?? 0
        let roleWidth = files.map { TerminalText.cellCount($0.role) }.max() ?? 0
        return files.map { file in
            let path = TerminalText.padded(TerminalText.escaped(file.path), to: width)
            let size = TerminalText.padded(Figures.bytes(file.bytes), to: 8, .right)
            let role = TerminalText.padded(file.role, to: roleWidth)
            let place = file.referencedPath.map { "  left in place: \(TerminalText.escaped($0))" } ?? ""
            return "  \(path)  \(size)  \(role)  \(Figures.digest(file.digest))\(place)"
        }
    }
}

extension ArtifactDetail.Relation {
    /// The relative, and how it came about.
    var lines: [String] {
        let error = relRmse.map { "relative RMSE \(Figures.real($0))" }
        let maker = tool.map { "by \($0)\(toolVersion.map { " \($0)" } ?? "")" }
        let facts = [role, RecipeText.summary(recipe), error, maker, Figures.minute(createdAt)].compactMap(\.self)
        return [TerminalText.escaped("  \(name)  \(facts.joined(separator: ", "))")]
    }
}

extension ArtifactRow {
    /// What to type for the artifact: its name, which means the latest when it is bare, else `@` and its digest's
    /// start.
    var typedName: String {
        guard let name else { return "@\(Figures.digest(digest))" }
        if let tag { return tag == "latest" ? name : "\(name):\(tag)" }
        return version.map { "\(name)@v\($0)" } ?? "@\(Figures.digest(digest))"
    }
}

extension ResultRow {
    /// The result on one line: `heldout  loss = 2.81`.
    var line: String {
        let number = value.map(Figures.real) ?? valueText ?? "?"
        let spread = stderr.map { " ± \(Figures.real($0))" } ?? ""
        let measured = "\(metric) = \(number)\(spread)\(unit.map { " \($0)" } ?? "")"
        let origin = [dataset.map { "on \($0)" }, tool.map { "by \($0)\(toolVersion.map { " \($0)" } ?? "")" }]
        let parts = [task, measured] + origin + [Figures.minute(measuredAt)]
        return TerminalText.escaped(parts.compactMap(\.self).joined(separator: "  "))
    }
}
