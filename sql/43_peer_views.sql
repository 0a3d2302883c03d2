-- 43_peer_views.sql - the other members as this node sees them.

CREATE VIEW mes.stat_peers AS
SELECT p.number, p.member, coalesce(a.host, m.host) AS host, coalesce(a.port, m.port) AS port, p.connected,
       p.connected_since, p.heard, p.voting, p.last_heard_at, p.view, p.committed_height, p.stable_height,
       pg_catalog.round(p.round_trip_us / 1000.0, 3) AS round_trip_time, p.connects, p.frames_in, p.bytes_in, p.bodies_in,
       p.frames_refused, p.frames_dropped, p.frames_out, p.bytes_out, p.frames_lost, p.sessions_ended,
       p.frames_late, p.frames_over, p.paused, p.left_out,
       (SELECT pg_catalog.count(*) FROM mes.evidence AS e WHERE e.number = p.number) AS lies
  FROM mes_internal.stat_peers() AS p JOIN mes.members AS m ON m.number = p.number
  LEFT JOIN mes_internal.peer_addresses AS a ON a.member = p.member;
COMMENT ON VIEW mes.stat_peers IS 'the other members as this node sees them, one row each; counters begin when the server starts, and when the members change';
COMMENT ON COLUMN mes.stat_peers.number IS 'number of the member on the roll';
COMMENT ON COLUMN mes.stat_peers.member IS 'its name';
COMMENT ON COLUMN mes.stat_peers.host IS 'host at which this node reaches it';
COMMENT ON COLUMN mes.stat_peers.port IS 'port there';
COMMENT ON COLUMN mes.stat_peers.connected IS 'true while this node''s connection to it is up';
COMMENT ON COLUMN mes.stat_peers.connected_since IS 'when that connection last came up or went down, null when it never did';
COMMENT ON COLUMN mes.stat_peers.heard IS 'true when it said something lately';
COMMENT ON COLUMN mes.stat_peers.voting IS 'true when it is connected and said lately that it votes';
COMMENT ON COLUMN mes.stat_peers.last_heard_at IS 'when it last said something, null when it never did';
COMMENT ON COLUMN mes.stat_peers.view IS 'view it said it is in';
COMMENT ON COLUMN mes.stat_peers.committed_height IS 'last block that it said is ordered';
COMMENT ON COLUMN mes.stat_peers.stable_height IS 'last block that it said is stable';
COMMENT ON COLUMN mes.stat_peers.round_trip_time IS 'milliseconds from sending messages to its answer, moving mean; null before the first';
COMMENT ON COLUMN mes.stat_peers.connects IS 'how often the connection came up';
COMMENT ON COLUMN mes.stat_peers.frames_in IS 'messages and bodies it delivered here';
COMMENT ON COLUMN mes.stat_peers.bytes_in IS 'bytes of them';
COMMENT ON COLUMN mes.stat_peers.bodies_in IS 'transactions of it that were new here';
COMMENT ON COLUMN mes.stat_peers.frames_refused IS 'messages of it that were malformed or not signed by who they say';
COMMENT ON COLUMN mes.stat_peers.frames_dropped IS 'messages of it for which there was no room';
COMMENT ON COLUMN mes.stat_peers.frames_over IS 'messages of it beyond meschain.peer_message_rate or peer_byte_rate, passed over unread';
COMMENT ON COLUMN mes.stat_peers.frames_out IS 'messages and bodies sent to it';
COMMENT ON COLUMN mes.stat_peers.bytes_out IS 'bytes of them';
COMMENT ON COLUMN mes.stat_peers.frames_lost IS 'messages for it that the connection could not take; the protocol says them again';
COMMENT ON COLUMN mes.stat_peers.paused IS 'why it is paused, as it says; null when it is not. A paused member votes and takes no submissions';
COMMENT ON COLUMN mes.stat_peers.left_out IS 'true: evidence against it stands in this epoch, and it proposes no blocks to its end';
COMMENT ON COLUMN mes.stat_peers.lies IS 'proofs against it on the ledger, see mes.evidence';
COMMENT ON COLUMN mes.stat_peers.sessions_ended IS 'its sessions here that were ended because they tried something else than to deliver';
COMMENT ON COLUMN mes.stat_peers.frames_late IS 'votes of it on what was settled here already: one in three of four members, taken unread';

GRANT SELECT ON mes.stat_peers TO mes_reader, mes_auditor, mes_admin;
