import Glibc
import Testing

@testable import Netlink

struct NetlinkErrorTests {
    @Test func oneLineNamesOperationObjectCauseKernelWordsPlaceAndRemedy() {
        let error = NetlinkError(
            .refused(errno: EPERM), operation: "add", object: "route 10.65.0.2/32 dev cali1", kernelMessage: "no",
            offset: 36)
        #expect(
            error.description
                == "add route 10.65.0.2/32 dev cali1: Operation not permitted (EPERM): no (at byte 36 of the request); "
                + "run as root or with CAP_NET_ADMIN in this network namespace")
    }

    @Test func anUnknownOutcomeIsToldFromARefusal() {
        #expect(NetlinkError(.overrun, operation: "commit").isOutcomeUnknown)
        #expect(NetlinkError(.unacknowledged, operation: "commit").isOutcomeUnknown)
        #expect(!NetlinkError(.refused(errno: EEXIST), operation: "commit").isOutcomeUnknown)
        // Sending failed: nothing was carried out, unlike an overrun of the answers, whose errno is the same.
        #expect(!NetlinkError(.systemCall(errno: ENOBUFS), operation: "commit").isOutcomeUnknown)
        #expect(NetlinkError(.overrun, operation: "commit").errno == ENOBUFS)
    }

    @Test(arguments: [
        (NetlinkError.Code.systemCall(errno: EPERM), "CAP_NET_ADMIN"), (.overrun, "read back"),
        (.refused(errno: EOPNOTSUPP), "module"), (.systemCall(errno: EMSGSIZE), "wmem_max"),
        (.interrupted(attempts: 3), "retry"),
    ])
    func wellKnownErrorsSayWhatToDo(code: NetlinkError.Code, word: String) throws {
        #expect(try #require(NetlinkError(code, operation: "x").remedy).contains(word))
    }

    @Test func anErrnoWithoutNameIsStillTold() {
        #expect(NetlinkError(.refused(errno: 4000), operation: "x").description == "x: errno 4000")
    }
}
