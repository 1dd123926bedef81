-- One thread of wrk asking for results. Arguments: file of tokens, milliseconds between two questions of a connection
-- (0: ask again at once). Whoever is told to come again does, after as many seconds as it was told.
local questions, count, turn, pause = {}, 0, 0, 0
local told = {}

function init(arguments)
  for token in io.lines(arguments[1]) do
    count = count + 1
    questions[count] = wrk.format("GET", "/lookup/results", {["Authorization"] = "Bearer " .. token})
  end
  pause = tonumber(arguments[2])
  if pause == 0 then
    delay, response = nil, nil
  end
end

function request()
  turn = turn % count + 1
  return questions[turn]
end

function response(status, headers)
  if status == 503 then
    told[#told + 1] = tonumber(headers["retry-after"]) * 1000
  end
end

function delay()
  local seconds = table.remove(told)
  -- Spread, or all connections would ask in step.
  return seconds or math.random(0, 2 * pause)
end
