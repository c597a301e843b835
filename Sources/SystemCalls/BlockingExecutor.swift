import Dispatch

/// Runs tasks and actors that block in system calls one after the other on a thread of their own, off the cooperative
/// pool: a serial queue without a target is given one however many others block (libdispatch calls it overcommit).
package final class BlockingExecutor: TaskExecutor, SerialExecutor {
    private let queue: DispatchQueue

    package init(label: String) { queue = DispatchQueue(label: label) }

    package func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        queue.async {
            job.runSynchronously(
                isolatedTo: self.asUnownedSerialExecutor(), taskExecutor: self.asUnownedTaskExecutor())
        }
    }
}
