import Glibc

func permissions(_ path: String) throws -> UInt32 {
    var status = stat()
    return lstat(path, &status) == 0 ? status.st_mode & 0o777 : 0
}

func setPermissions(_ mode: UInt32, _ path: String) { _ = chmod(path, mode) }
