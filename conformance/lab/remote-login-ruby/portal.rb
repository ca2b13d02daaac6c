# A small portal with simple single sign-on (remote login), in Ruby's standard library and WEBrick.
# Formula: HMAC-MD5 over name, email and timestamp, keyed with the shared secret.

require "erb"
require "openssl"
require "securerandom"
require "uri"
require "webrick"

BASE = URI(ENV.fetch("LAB_BASE_URL"))
REMOTE_LOGIN_URL = ENV.fetch("LAB_IDP_REMOTE_LOGIN_URL")
SECRET = ENV.fetch("LAB_SECRET")
OLDEST = 30 * 60
MOST_AHEAD = 30
CONTACTS = {}
SESSIONS = {}

class Refused < StandardError; end

# Returns the parameters of an acceptable login; raises Refused for any other.
def judge(query)
  # URI.decode_www_form would put U+FFFD for what is not UTF-8.
  pairs = query.split("&").map { |pair| pair.split("=", 2).map { |text| URI.decode_www_form_component(text) } }
  raise Refused, "Login was unsuccessful! The query is not UTF-8." unless pairs.flatten.all?(&:valid_encoding?)

  doubled = pairs.map(&:first).tally.find { |_, times| times > 1 }
  raise Refused, "Login was unsuccessful! More than one #{doubled.first}." if doubled

  given = pairs.to_h { |field, value| [field, value.to_s] }
  name, email, timestamp, hash = %w[name email timestamp hash].map do |field|
    value = given[field].to_s
    raise Refused, "Login was unsuccessful! The #{field} is missing." if value.strip.empty?

    value
  end
  expected = OpenSSL::HMAC.hexdigest("MD5", SECRET, name + email + timestamp)
  raise Refused, "Login was unsuccessful! The hash does not match." unless OpenSSL.secure_compare(expected, hash)
  raise Refused, "Invalid Time Stamp: not a number of seconds." unless timestamp.match?(/\A[0-9]+(\.[0-9]+)?\z/)

  age = Time.now.to_i - timestamp.to_i
  raise Refused, "Invalid Time Stamp: too old." if age > OLDEST
  raise Refused, "Invalid Time Stamp: in the future." if age < -MOST_AHEAD
  unless email.length <= 254 && email.match?(URI::MailTo::EMAIL_REGEXP)
    raise Refused, "Login was unsuccessful! The email is no address."
  end
  unless name.length <= 255 && name.match?(/\A[[:print:]]+\z/)
    raise Refused, "Login was unsuccessful! The name cannot be shown."
  end

  given
rescue ArgumentError
  raise Refused, "Login was unsuccessful! The query cannot be read."
end

# Returns the target when it is a page of this portal, else the home page.
def own_page(target)
  there = URI.join(BASE, target)
  own = [there.scheme, there.host, there.port] == [BASE.scheme, BASE.host, BASE.port]
  own ? "/#{there.request_uri.sub(%r{\A/+}, "")}" : "/"
rescue URI::Error, NoMethodError
  "/"
end

# One request.
class Page < WEBrick::HTTPServlet::AbstractServlet
  def do_GET(request, response)
    token = request.cookies.find { |cookie| cookie.name == "session" }&.value
    session = SESSIONS[token] || {}
    contact = CONTACTS[session[:email]]
    case request.path
    when "/" then show(response, 200, home(contact))
    when "/login", "/support/tickets"
      return show(response, 200, "<h1>Tickets</h1>") if contact && request.path != "/login"

      joint = REMOTE_LOGIN_URL.include?("?") ? "&" : "?"
      to = "#{REMOTE_LOGIN_URL}#{joint}#{URI.encode_www_form(host_url: BASE.authority)}"
      redirect(response, to, request.path == "/login" ? nil : { wanted: request.unparsed_uri })
    when %r{\A/login/sso/?\z} then sign_in(response, request.query_string.to_s, token, session)
    when "/logout"
      SESSIONS.delete(token)
      redirect(response, "/")
    else show(response, 404, "<h1>Not found</h1>")
    end
  rescue Refused => refusal
    refuse(response, refusal.message)
  end

  def do_POST(_request, response)
    refuse(response, "Login was unsuccessful! A login comes as a link.")
  end

  private

  def sign_in(response, query, token, session)
    given = judge(query)
    key = given["email"].downcase
    sent = given.slice("email", "name", "phone", "company").reject { |_, value| value.strip.empty? }
    CONTACTS[key] = (CONTACTS[key] || {}).merge(sent)
    SESSIONS.delete(token)
    target = given["redirect_to"].to_s
    redirect(response, own_page(target.empty? ? session[:wanted] || "/" : target), { email: key })
  end

  def home(contact)
    return '<h1>Portal</h1><p>Nobody is signed in. <a href="/login">Log in</a></p>' unless contact

    shown = contact.map { |field, value| %(<p id="person-#{field}">#{ERB::Util.html_escape(value)}</p>) }.join
    %(<h1>Portal</h1>#{shown}<form action="/logout"><button id="log-out">Log out</button></form>)
  end

  def show(response, status, body)
    response.status = status
    response.content_type = "text/html; charset=utf-8"
    response.body = "<!DOCTYPE html>\n<html lang=en><title>Portal</title>\n#{body}\n</html>\n"
  end

  def refuse(response, why)
    show(response, 403, %(<h1>Login refused</h1><p id="login-error">#{ERB::Util.html_escape(why)}</p>))
  end

  def redirect(response, to, session = nil)
    response.status = 302
    response["Location"] = to
    return unless session

    token = SecureRandom.urlsafe_base64
    SESSIONS[token] = session
    response["Set-Cookie"] = "session=#{token}; Path=/; HttpOnly; SameSite=Lax"
  end
end

server = WEBrick::HTTPServer.new(
  BindAddress: "127.0.0.1", Port: ENV.fetch("LAB_PORT").to_i,
  AccessLog: [], Logger: WEBrick::Log.new($stderr, WEBrick::Log::WARN)
)
server.mount("/", Page)
trap("TERM") { server.shutdown }
server.start
