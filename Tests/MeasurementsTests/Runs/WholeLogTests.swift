import Bytes
import Foundation
import Testing

@testable import Measurements

@Suite("Logs that are written anew each time") struct WholeLogTests {
    private func state(_ bytes: [UInt8]) throws -> (file: TrainerStateFile, values: RunValues) {
        var values = RunValues()
        let file = try TrainerStateFile(parsing: bytes, into: &values)
        return (file, values)
    }

    @Test("a Trainer's state holds what transformers reads") func trainer() throws {
        let bytes = try LogFixture.bytes(LogFixture.folder + "/trainer/checkpoint-40/trainer_state.json")
        #expect(RunLogKind.recognized(bytes.span) == .trainerState)
        let (file, values) = try state(bytes)
        #expect(values.pairs == (try LogFixture.expected("trainer")))
        #expect(file.globalStep == 40)
        #expect(file.parameters.contains { $0.name == "train_batch_size" && $0.value == "8" })
        #expect(!file.isCutOff)
    }

    @Test("a Trainer's state may be cut off at any byte: values before the cut are read, or it is refused")
    func cutOff() throws {
        let bytes = try LogFixture.bytes(LogFixture.folder + "/trainer/checkpoint-20/trainer_state.json")
        let all = try state(bytes).values.count
        var counts: [Int] = []
        for end in 0..<bytes.count {
            guard let (file, values) = try? state(Array(bytes[..<end])) else { continue }
            #expect(file.isCutOff || values.count == all)
            counts.append(values.count)
        }
        #expect(counts == counts.sorted())
        #expect((counts.last ?? 0) > 0)
    }

    @Test(
        "a Trainer's state is refused without a history or a step",
        arguments: [
            "{}", "[]", #"{"log_history": [{"loss": 1}]}"#, #"{"log_history": [{"step": 0.5}]}"#,
            #"{"log_history": 3}"#,
        ])
    func hostile(text: String) {
        #expect(throws: FormatError.self) { _ = try state(Array(text.utf8)) }
    }

    @Test("a metric's file of MLflow is lines of time, value and step, with words for what is no number")
    func mlflowMetric() throws {
        let text = "1750000000000 0.5 1\n1750000000001 nan 2\n1750000000002 inf 3\n1750000000003 -inf 3\n17 1\n1750"
        let (values, rest) = try RunValues.reading(Array(text.utf8), with: MLflowMetricFile(name: "a/b"))
        #expect(
            values.pairs == [
                "a/b": [.init(1, 0.5), .init(2, .nan), .init(3, .infinity), .init(3, -.infinity), .init(0, 1)]
            ])
        #expect(values["a/b"].first?.time == 1_750_000_000_000)
        #expect(rest == 4)
        #expect(throws: FormatError.self) {
            _ = try RunValues.reading(Array("a b c\n".utf8), with: MLflowMetricFile(name: "x"))
        }
    }

    @Test("a run's file of MLflow tells who it is; an experiment's is none") func mlflowRun() throws {
        let text = """
            run_id: 0a1b
            run_name: 'it''s'
            status: 3
            start_time: 1750000000000
            end_time: null
            lifecycle_stage: active
            """
        let run = MLflowRunFile(parsing: Array(text.utf8))
        #expect(run?.name == "it's")
        #expect(run?.status == "FINISHED")
        #expect(run?.startedAt == 1_750_000_000_000)
        #expect(run?.endedAt == nil)
        #expect(MLflowRunFile(parsing: Array("experiment_id: '1'\nname: sweep\n".utf8)) == nil)
        #expect(MLflowRunFile.experimentName(parsing: Array("experiment_id: '1'\nname: sweep\n".utf8)) == "sweep")
    }

    @Test("a row of Trackio is an object; what is no number is passed over") func trackio() throws {
        var values = RunValues()
        let text =
            #"{"loss": 1, "a": "NaN", "b": "-Infinity", "t": "x", "in": {"c": 2}, "p": {"_type": "i", "size": 3}}"#
        try TrackioRecord.take(Array(text.utf8), step: 5, time: 0, into: &values)
        #expect(
            values.pairs == [
                "loss": [.init(5, 1)], "a": [.init(5, .nan)], "b": [.init(5, -.infinity)], "in/c": [.init(5, 2)],
            ])
        for text in ["[]", "{", "1"] {
            #expect(throws: FormatError.self) {
                try TrackioRecord.take(Array(text.utf8), step: 0, time: 0, into: &values)
            }
        }
        let parameters = try TrackioRecord.parameters(Array(#"{"lr": 0.001, "n": {"x": true}, "_Username": "u"}"#.utf8))
        #expect(parameters.map(\.name) == ["lr", "n/x"])
        #expect(parameters.map(\.value) == ["0.001", "true"])
    }
}
