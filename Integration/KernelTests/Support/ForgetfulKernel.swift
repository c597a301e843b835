import Glibc

/// Has programs lose the kernel's answer to every nftables transaction from when this says so: they see ENOBUFS, as when a
/// receive buffer overflows, and the transaction has taken effect. Everything else is answered.
final class ForgetfulKernel {
    private let folder: String

    init() throws {
        folder = "/tmp/margay-test-\(getpid())-\(String(UInt32.random(in: 0 ... .max), radix: 16))"
        guard mkdir(folder, 0o755) == 0 else { throw TestKitError("mkdir \(folder): errno \(errno)") }
        try writeFile("\(folder)/forgetful.c", Self.source)
        // The one compiler that is there wherever Swift is.
        try Command(["clang", "-shared", "-fPIC", "-O1", "-o", "\(folder)/forgetful.so", "\(folder)/forgetful.c"])
            .succeed()
    }

    deinit {
        _ = try? Command(["rm", "-rf", folder]).run()
    }

    /// For the programs that are to meet it.
    var environment: [String: String] { ["LD_PRELOAD": "\(folder)/forgetful.so", "FORGETFUL_WHILE": flag] }

    private var flag: String { "\(folder)/forgetful" }

    func forget() throws { try writeFile(flag, "") }

    private static let source = """
        #define _GNU_SOURCE
        #include <dlfcn.h>
        #include <errno.h>
        #include <stdlib.h>
        #include <sys/socket.h>
        #include <unistd.h>

        /* The socket over which a batch went (NFNL_MSG_BATCH_BEGIN) whose answer was not taken yet. */
        static int batched = -1;

        ssize_t sendto(int socket, const void *bytes, size_t count, int flags, const struct sockaddr *to, socklen_t size)
        {
            ssize_t (*next)(int, const void *, size_t, int, const struct sockaddr *, socklen_t) =
                dlsym(RTLD_NEXT, "sendto");
            const char *flag = getenv("FORGETFUL_WHILE");
            if (flag && access(flag, F_OK) == 0 && count >= 16 && ((const unsigned short *)bytes)[2] == 16)
                batched = socket;
            return next(socket, bytes, count, flags, to, size);
        }

        ssize_t recvfrom(int socket, void *bytes, size_t count, int flags, struct sockaddr *from, socklen_t *size)
        {
            ssize_t (*next)(int, void *, size_t, int, struct sockaddr *, socklen_t *) = dlsym(RTLD_NEXT, "recvfrom");
            if (socket != batched)
                return next(socket, bytes, count, flags, from, size);
            batched = -1;
            while (next(socket, bytes, count, flags, from, size) > 0)
                ;
            errno = ENOBUFS;
            return -1;
        }

        """
}
