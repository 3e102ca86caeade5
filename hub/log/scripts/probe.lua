-- Verify that the data continue what readers were sent, and with a channel also append and publish a probe.
-- Every connection runs it first; the subscription of an instance has it probe every few seconds.
--
-- KEYS  last, birth, clock, canary, server, stream of the probes
-- ARGV  floor, channel of the probe ("": only verify)
-- A server that started anew, or was promoted, may have lost the end of its data, and the positions of what it
-- lost: nothing older than this moment can be proved complete any more.
local floor, channel = tonumber(ARGV[1]), ARGV[2]
local LOST = 60000000 -- more positions than may have been assigned and lost, where the clock is behind them
local last = open_log(floor)
read_clock()

local function info(section)
  local reply = redis.pcall('INFO', section)
  return type(reply) == 'string' and reply or ''
end

-- A master changes its replication id by itself; one that was promoted keeps that of its master as the second.
local function is_another(known, run, history, before)
  if not known or not run then return false end
  local known_run, known_history = string.match(known, '^(%w+) (%w*)$')
  return known_run ~= run or (known_history ~= history and string.find(before, '[^0]') ~= nil)
end

local server = info('server') .. info('replication')
local run = string.match(server, 'run_id:(%w+)')
local history = string.match(server, 'master_replid:(%w+)') or ''
local known = redis.call('GET', KEYS[5])
if leapt or is_another(known, run, history, string.match(server, 'master_replid2:(%w+)') or '') then
  last = math.max(last < now and now or last + LOST, clock)
  redis.call('SET', KEYS[1], text(last))
  redis.call('SET', KEYS[2], text(last))
end
if run and known ~= run .. ' ' .. history then redis.call('SET', KEYS[5], run .. ' ' .. history) end
if leapt then redis.call('SET', KEYS[4], '', 'PX', CANARY / 1000) end

if channel ~= '' then
  if clock > now then redis.call('SET', KEYS[1], text(math.max(last, clock))) end
  redis.call('SET', KEYS[3], text(now))
  redis.call('SET', KEYS[4], '', 'PX', CANARY / 1000)
  redis.call('XADD', KEYS[6], 'MAXLEN', 1, '*', 'at', text(now))
  redis.call('PUBLISH', channel, '')
end
return text(last)
