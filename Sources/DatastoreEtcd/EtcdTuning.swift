/// How patient the client is, and how much it takes at a time. Only tests use other values than these.
package struct EtcdTuning: Sendable {
    /// How long a member may take to be connected to and to answer a first, small question.
    package var connecting = Duration.seconds(5)
    /// How long one call may take, a page of a listing too.
    package var call = Duration.seconds(15)
    /// How often a member that is watched is asked whether it is still there, which it answers with its revision.
    package var question = Duration.seconds(5)
    /// How many questions in a row may stay without any answer before the member counts as gone.
    package var unanswered = 4
    /// How long a connection may be silent before the peer's kernel and etcd's own HTTP/2 layer are asked. etcd counts a
    /// question more often than every 5 s as abuse (`--grpc-keepalive-min-time`).
    package var keepalive = Duration.seconds(10)
    /// How long the answer to that may take.
    package var keepaliveAnswer = Duration.seconds(5)
    /// How long to wait after a failure; twice as long after each further one.
    package var shortestPause = Duration.milliseconds(100)
    /// The most to wait.
    package var longestPause = Duration.seconds(5)
    /// How long a member must have been followed for its end to say nothing about the next attempt: one that lists and then
    /// drops everybody would be listed again without end.
    package var steady = Duration.seconds(10)
    /// How many keys to ask for at a time.
    package var page = 1000
    /// The largest answer, bytes: more than any page should need, and no more than a node can spare. etcd itself takes
    /// requests of 1.5 MiB unless told otherwise, and may answer with many of those.
    package var largestMessage = 64 << 20

    package init() {}
}
