import Testing

@testable import Registry

@Suite("This machine") struct ThisMachineTests {
    @Test(
        "has the processor that the system lists",
        arguments: [
            ("processor\t: 0\nmodel\t\t: 1\nmodel name\t: AMD EPYC 7543\n", "AMD EPYC 7543"),
            ("processor: 0\n\nModel\t\t: Raspberry Pi 5\n", "Raspberry Pi 5"), ("processor: 0\n", nil), ("", nil),
        ] as [(String, String?)])
    func cpu(list: String, name: String?) { #expect(ThisMachine.cpu(inProcessorList: list) == name) }

    @Test("has the system that it says it has") func os() {
        #expect(ThisMachine.os(inRelease: "NAME=x\nPRETTY_NAME=\"Debian GNU/Linux 12\"\n") == "Debian GNU/Linux 12")
        #expect(ThisMachine.os(inRelease: "NAME=x\n") == nil)
    }

    @Test("has the accelerators that the driver lists") func gpu() {
        #expect(ThisMachine.gpu(inInformation: "Model: \t\t NVIDIA L4\nIRQ: 1\n") == "NVIDIA L4")
        #expect(ThisMachine.gpu(inInformation: "") == nil)
    }
}
