-- The store's first format.
--
-- `log` is the truth and is only ever appended to; `run`, `client` and the heads in `channel` follow it in batches
-- (`progress` says how far), so that a commit writes a few pages at the end of one table and no random ones.
-- What grows with every message names its channel and sender by a small number; tables of people name them by id,
-- because people are listed in the order of their ids.

-- Facts about the store itself: `epoch`, which is another one after a backup was restored, and `salt`, which keeps
-- clients from choosing where their ids stand in `client`.
CREATE TABLE meta (
    name  TEXT PRIMARY KEY,
    value BLOB NOT NULL
) WITHOUT ROWID, STRICT;

-- How far the log and the journal of positions have been folded into the tables that follow them.
CREATE TABLE progress (
    only INTEGER PRIMARY KEY CHECK (only = 1),
    log  INTEGER NOT NULL,
    mark INTEGER NOT NULL
) STRICT;
INSERT INTO progress VALUES (1, 0, 0);

-- The numbers of senders.
CREATE TABLE person (
    key INTEGER PRIMARY KEY,
    id  BLOB NOT NULL UNIQUE
) STRICT;

-- Channels. Head and minima may be behind `log` and `mark` by what is not folded yet.
CREATE TABLE channel (
    key         INTEGER PRIMARY KEY,
    id          BLOB NOT NULL UNIQUE,
    kind        INTEGER NOT NULL,
    deleted     INTEGER NOT NULL,
    active      INTEGER NOT NULL,
    head_seq    INTEGER NOT NULL,
    head_n      INTEGER NOT NULL,
    head_at     INTEGER NOT NULL,
    delivered   INTEGER NOT NULL,
    read        INTEGER NOT NULL,
    title       TEXT,
    description TEXT
) STRICT;

-- The direct channel of each pair; `low` is the smaller id.
CREATE TABLE direct (
    low     BLOB NOT NULL,
    high    BLOB NOT NULL,
    channel INTEGER NOT NULL,
    PRIMARY KEY (low, high)
) WITHOUT ROWID, STRICT;

-- Every entry of every channel, in the order of their commits. The rows of edits and deletions hold no text. The
-- text of a message that was edited or deleted is overwritten with as many zeros; rows are never moved or deleted.
CREATE TABLE log (
    id        INTEGER PRIMARY KEY,
    channel   INTEGER NOT NULL,
    seq       INTEGER NOT NULL,
    at        INTEGER NOT NULL,
    sender    INTEGER NOT NULL,
    client_id BLOB,
    kind      INTEGER NOT NULL,
    n         INTEGER NOT NULL,
    payload   ANY
) STRICT;

-- What messages say since they were edited or deleted, and the texts of edits. These are overwritten, too, and never
-- moved or deleted.
CREATE TABLE revised (
    id        INTEGER PRIMARY KEY,
    kind      INTEGER NOT NULL,
    edited_at INTEGER,
    reply_to  INTEGER,
    revision  INTEGER
) STRICT;
CREATE TABLE revision (
    id      INTEGER PRIMARY KEY,
    payload ANY NOT NULL
) STRICT;

-- Where a channel's entries stand in `log`: the entry `seq` in row `id`, and those after it in the rows after it,
-- until the next run begins.
CREATE TABLE run (
    channel INTEGER NOT NULL,
    seq     INTEGER NOT NULL,
    id      INTEGER NOT NULL,
    PRIMARY KEY (channel, seq)
) WITHOUT ROWID, STRICT;

-- Which rows of `log` may hold an entry of a client id: the id's time, then a hash of who used it where.
CREATE TABLE client (
    tag INTEGER NOT NULL,
    id  INTEGER NOT NULL,
    PRIMARY KEY (tag, id)
) WITHOUT ROWID, STRICT;

-- The journal of positions that moved and are not yet in `member`, with the minima of their channel afterwards.
CREATE TABLE mark (
    id            INTEGER PRIMARY KEY,
    channel       INTEGER NOT NULL,
    user          BLOB NOT NULL,
    delivered     INTEGER NOT NULL,
    read          INTEGER NOT NULL,
    read_n        INTEGER NOT NULL,
    delivered_at  INTEGER NOT NULL,
    read_at       INTEGER NOT NULL,
    all_delivered INTEGER NOT NULL,
    all_read      INTEGER NOT NULL
) STRICT;

-- Members, present and former.
CREATE TABLE member (
    channel      INTEGER NOT NULL,
    user         BLOB NOT NULL,
    active       INTEGER NOT NULL,
    role         INTEGER NOT NULL,
    blocking     INTEGER NOT NULL,
    delivered    INTEGER NOT NULL,
    read         INTEGER NOT NULL,
    read_n       INTEGER NOT NULL,
    delivered_at INTEGER NOT NULL,
    read_at      INTEGER NOT NULL,
    visible      BLOB NOT NULL,
    PRIMARY KEY (channel, user)
) WITHOUT ROWID, STRICT;
CREATE INDEX member_of ON member (user, channel) WHERE active = 1;

-- What a member keeps about a channel.
CREATE TABLE flag (
    user        BLOB NOT NULL,
    channel     INTEGER NOT NULL,
    muted_until INTEGER,
    archived    INTEGER NOT NULL,
    pinned      INTEGER NOT NULL,
    PRIMARY KEY (user, channel)
) WITHOUT ROWID, STRICT;

-- Messages that a reader deleted for themselves.
CREATE TABLE hidden (
    channel INTEGER NOT NULL,
    user    BLOB NOT NULL,
    seq     INTEGER NOT NULL,
    PRIMARY KEY (channel, user, seq)
) WITHOUT ROWID, STRICT;

-- Messages that do not count as unread: to a user who hid or wrote them, or, with an empty user, to anybody, since
-- they were deleted. Who writes has read what stands above, so one's own messages stand here only when a position
-- did not follow.
CREATE TABLE uncounted (
    channel INTEGER NOT NULL,
    user    BLOB NOT NULL,
    seq     INTEGER NOT NULL,
    PRIMARY KEY (channel, user, seq)
) WITHOUT ROWID, STRICT;

-- Whom messages call; an empty user is everyone.
CREATE TABLE mention (
    channel INTEGER NOT NULL,
    user    BLOB NOT NULL,
    seq     INTEGER NOT NULL,
    PRIMARY KEY (channel, user, seq)
) WITHOUT ROWID, STRICT;

-- Who reacted to what, and how many did.
CREATE TABLE reaction (
    channel INTEGER NOT NULL,
    target  INTEGER NOT NULL,
    emoji   TEXT NOT NULL,
    user    BLOB NOT NULL,
    PRIMARY KEY (channel, target, emoji, user)
) WITHOUT ROWID, STRICT;
CREATE TABLE tally (
    channel INTEGER NOT NULL,
    target  INTEGER NOT NULL,
    emoji   TEXT NOT NULL,
    count   INTEGER NOT NULL,
    PRIMARY KEY (channel, target, emoji)
) WITHOUT ROWID, STRICT;

CREATE TABLE pin (
    channel INTEGER NOT NULL,
    seq     INTEGER NOT NULL,
    PRIMARY KEY (channel, seq)
) WITHOUT ROWID, STRICT;

-- Deleted channels whose entries are still to be erased.
CREATE TABLE doomed (
    channel INTEGER PRIMARY KEY
) STRICT;

CREATE TABLE invite (
    digest     BLOB PRIMARY KEY,
    channel    BLOB NOT NULL,
    made_by    BLOB NOT NULL,
    expires_at INTEGER,
    uses_left  INTEGER
) WITHOUT ROWID, STRICT;

CREATE TABLE account (
    id            BLOB PRIMARY KEY,
    username      TEXT UNIQUE,
    display_name  TEXT NOT NULL,
    password_hash TEXT,
    recovery      BLOB UNIQUE,
    settings      BLOB NOT NULL,
    created_at    INTEGER NOT NULL
) WITHOUT ROWID, STRICT;

CREATE TABLE log_in (
    id         BLOB PRIMARY KEY,
    user       BLOB NOT NULL,
    device     BLOB NOT NULL,
    client     TEXT NOT NULL,
    generation INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    used_at    INTEGER NOT NULL,
    expires_at INTEGER NOT NULL,
    revoked_at INTEGER
) WITHOUT ROWID, STRICT;
CREATE INDEX log_in_of ON log_in (user);
CREATE INDEX log_in_revoked ON log_in (revoked_at) WHERE revoked_at IS NOT NULL;

-- Who blocks whom.
CREATE TABLE block (
    user  BLOB NOT NULL,
    other BLOB NOT NULL,
    PRIMARY KEY (user, other)
) WITHOUT ROWID, STRICT;
