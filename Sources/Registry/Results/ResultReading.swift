import Bytes
import Catalog
import Foundation
import Measurements

/// Files of results, read and completed by what the user knows.
struct ResultReading {
    /// What one file holds.
    struct File {
        let path: String
        var results: [MeasuredResult]
        let digest: Digest
        /// When it was last written, which stands for the time of measurements that tell none.
        let writtenAt: Timestamp
    }

    private(set) var files: [File] = []
    /// What was passed over, in words.
    private(set) var notes: [String] = []
    private let request: ResultsImportRequest
    private let map: ColumnMap?
    private let datasetDigest: Digest?
    private let promptDigest: Digest?
    private var samples: [EvaluationSamples] = []

    /// - Throws: `FormatError` that names the file, or the option.
    init(_ request: ResultsImportRequest) throws {
        self.request = request
        map = request.columnMap.isEmpty ? nil : try ColumnMap(request.columnMap)
        datasetDigest = try Self.digest(request.datasetDigest, "--dataset-digest")
        promptDigest = try Self.digest(request.promptDigest, "--prompt-digest")
        if map != nil, let format = request.format, format != ResultFormats.table {
            throw RegistryError(
                "a map of columns and the format '\(format)'", remedy: "Give one of --map and --format")
        }
        for path in request.paths { try read(path) }
        guard !files.isEmpty else {
            throw RegistryError(
                "there are samples and no results",
                remedy: "Give the results_….json that lm_eval wrote beside the samples, too")
        }
        try complete()
    }

    private mutating func read(_ path: String) throws {
        let file = try OpenFile(path)
        if request.format == nil, map == nil, let counted = try Self.samples(in: file) {
            let task = counted.task.isEmpty ? "an unnamed task" : counted.task
            notes.append("\(path): \(counted.count) samples of \(task), counted and not kept")
            return samples.append(counted)
        }
        do {
            guard file.byteCount <= ResultDocument.greatestByteCount else {
                throw ResultDocument.tooLong(file.byteCount)
            }
            let bytes = try file.bytes(0..<file.byteCount)
            let document = try ResultDocument(bytes)
            let results = try ResultFormats.results(in: document, format: request.format, map: map)
            files.append(
                File(path: path, results: results, digest: Digest(of: bytes), writtenAt: Self.writtenAt(file)))
        } catch let error as FormatError { throw error.within(file: path) }
    }

    /// How many samples the file holds; nil when it holds none. It is read in pieces, as it may be of any length.
    private static func samples(in file: OpenFile) throws -> EvaluationSamples? {
        let start = try file.bytes(0..<min(file.byteCount, EvaluationSamples.startByteCount))
        guard EvaluationSamples.recognizes(start) else { return nil }
        var counter = EvaluationSamples.Counter()
        var place = 0
        while place < file.byteCount {
            let next = min(file.byteCount, place + 1 << 20)
            counter.take(try file.bytes(place..<next))
            place = next
        }
        let name = file.path.split(separator: "/").last.map(String.init) ?? ""
        return EvaluationSamples(task: EvaluationSamples.task(ofFileName: name) ?? "", count: counter.count)
    }

    /// Never later than now, as clocks of other machines may be ahead.
    private static func writtenAt(_ file: OpenFile) -> Timestamp {
        let seconds = Int(file.identity.modifiedAt / 1_000_000_000)
        return min(Timestamp(secondsSince1970: max(0, seconds)), .now())
    }

    // MARK: What the user knows

    private mutating func complete() throws {
        let counts = Dictionary(samples.map { ($0.task, $0.count) }, uniquingKeysWith: { first, _ in first })
        let machine = request.isFromThisHost ? ThisMachine.description() : nil
        for index in files.indices {
            for place in files[index].results.indices {
                var result = files[index].results[place]
                result.sampleCount = result.sampleCount ?? result.task.flatMap { counts[$0] }
                result.dataset = result.dataset ?? request.dataset
                result.datasetDigest = result.datasetDigest ?? datasetDigest
                result.promptDigest = result.promptDigest ?? promptDigest
                if let machine { result.host = try Self.host(result.host, on: machine, files[index].path) }
                files[index].results[place] = result
            }
        }
    }

    /// The machine of the file, completed by this one, unless it was another.
    private static func host(_ told: MeasuringHost, on machine: MeasuringHost, _ path: String) throws -> MeasuringHost {
        for (told, here) in [(told.name, machine.name), (told.cpu, machine.cpu)] {
            guard let told, let here, told != here else { continue }
            throw RegistryError(
                "\(path) was measured on '\(told.shortened)', and this machine is '\(here.shortened)'",
                remedy: "Import it without --this-host")
        }
        return MeasuringHost(
            name: told.name ?? machine.name, cpu: told.cpu ?? machine.cpu,
            coreCount: told.coreCount ?? machine.coreCount,
            memoryByteCount: told.memoryByteCount ?? machine.memoryByteCount, gpu: told.gpu ?? machine.gpu,
            os: told.os ?? machine.os)
    }

    private static func digest(_ text: String?, _ option: String) throws -> Digest? {
        guard let text else { return nil }
        guard let digest = Digest(hex: text.lowercased()) else {
            throw RegistryError(
                "\(option) is '\(text.shortened)', not 64 hexadecimal digits",
                remedy: "Give the SHA-256, as sha256sum prints it")
        }
        return digest
    }
}
