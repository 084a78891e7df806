import Bytes
import Measurements
import Testing

@testable import Catalog

@Suite("Results") struct ResultTests {
    let test: TestCatalog
    let draft = ArtifactDraft.sample(["a"])

    init() throws {
        test = try TestCatalog()
        _ = try test.catalog.insert(draft, naming: Naming(try tag("m")))
    }

    private var catalog: CatalogDatabase { test.catalog }

    private func result(_ value: Double, day: Int = 0) -> ResultDraft {
        ResultDraft(
            artifact: draft.digest, task: "heldout", metric: "loss", value: value, higherIsBetter: false,
            standardError: 0.1, sampleCount: 10, dataset: "wikitext", datasetDigest: Digest(of: "data"),
            promptDigest: Digest(of: "prompts"), tool: "eval", toolVersion: "1",
            host: MeasuringHost(
                name: "desk", cpu: "AMD EPYC", coreCount: 64, memoryByteCount: 1 << 38, gpu: "NVIDIA L4",
                os: "Debian 12"),
            measuredAt: .day(day), sourceDigest: Digest(of: "file"), extra: #"{"seed":1}"#)
    }

    @Test("come back as they went in, numbers that are none too") func roundTrip() throws {
        let all = [result(1), result(.infinity), result(-.infinity)]
        #expect(try catalog.add(all) == 3)
        #expect(try catalog.results(of: draft.digest).map(\.result) == all)
        #expect(try catalog.results().map(\.label) == ["m", "m", "m"])
        #expect(try catalog.add([result(.nan)]) == 1)
        #expect(
            try test.text("SELECT value_text FROM result_summary WHERE value IS NULL ORDER BY 1") == [
                "-inf", "inf", "nan",
            ])
        #expect(try catalog.results().last?.result.value.isNaN == true)
    }

    @Test("show prompts and machine in the view") func columns() throws {
        _ = try catalog.add([result(1)])
        let sql = """
            SELECT host || '|' || cpu || '|' || cores || '|' || memory_bytes || '|' || gpu || '|' || os || '|'
                || (prompt_digest = '\(Digest(of: "prompts").hex)') FROM result_summary
            """
        #expect(try test.text(sql) == ["desk|AMD EPYC|64|274877906944|NVIDIA L4|Debian 12|1"])
    }

    @Test("are one when they come twice") func twice() throws {
        let bare = ResultDraft(artifact: draft.digest, metric: "loss", value: 2, measuredAt: .day(0))
        #expect(try catalog.add([result(1), bare]) == 2)
        #expect(try catalog.add([result(1, day: 5), bare]) == 0)
        #expect(try catalog.add([result(1.5)]) == 1)
    }

    @Test("stay when the artifact goes") func survive() throws {
        _ = try catalog.add([result(1)])
        _ = try catalog.forget([draft.digest])
        #expect(try catalog.results().map(\.label) == ["@\(draft.digest.hex.prefix(12))"])
    }

    @Test("are all refused when one is bad") func atomic() throws {
        var bad = result(1)
        bad.extra = "{"
        #expect(try catalogError { _ = try catalog.add([result(2), bad]) }?.code == .inconsistent)
        #expect(try catalog.results().isEmpty)
    }
}
