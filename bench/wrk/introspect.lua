-- Asks about one token over and over. Arguments: the token, the client's Basic credentials.
function init(args)
  wrk.method = "POST"
  wrk.body = "token=" .. args[1]
  wrk.headers["Content-Type"] = "application/x-www-form-urlencoded"
  wrk.headers["Authorization"] = "Basic " .. args[2]
end
