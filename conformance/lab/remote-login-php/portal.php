<?php

/**
 * A small portal with simple single sign-on (remote login), in PHP alone.
 *
 * Formula: HMAC-MD5 over name, email and timestamp, keyed with the shared secret.
 */

declare(strict_types=1);

const OLDEST = 30 * 60;
const MOST_AHEAD = 30;

final class Refused extends Exception
{
}

/** Return the fields of an acceptable login. Throws Refused for any other. */
function judge(array $query): array
{
    $given = [];
    foreach (['name', 'email', 'timestamp', 'hash', 'phone', 'company', 'redirect_to'] as $field) {
        $value = $query[$field] ?? '';
        if (!is_string($value) || !mb_check_encoding($value, 'UTF-8')) {
            throw new Refused('Login was unsuccessful! The query is not UTF-8.');
        }
        $given[$field] = $value;
    }
    foreach (['name', 'email', 'timestamp', 'hash'] as $field) {
        if (trim($given[$field]) === '') {
            throw new Refused("Login was unsuccessful! The $field is missing.");
        }
    }
    $message = $given['name'] . $given['email'] . $given['timestamp'];
    if (!hash_equals(hash_hmac('md5', $message, getenv('LAB_SECRET')), $given['hash'])) {
        throw new Refused('Login was unsuccessful! The hash does not match.');
    }
    if (!preg_match('/\A[0-9]+(\.[0-9]+)?\z/', $given['timestamp'])) {
        throw new Refused('Invalid Time Stamp: not a number of seconds.');
    }
    $age = time() - (int) $given['timestamp'];
    if ($age > OLDEST) {
        throw new Refused('Invalid Time Stamp: too old.');
    }
    if ($age < -MOST_AHEAD) {
        throw new Refused('Invalid Time Stamp: in the future.');
    }
    if (filter_var($given['email'], FILTER_VALIDATE_EMAIL) === false) {
        throw new Refused('Login was unsuccessful! The email is no address.');
    }
    if (mb_strlen($given['name']) > 255 || preg_match('/\p{C}/u', $given['name'])) {
        throw new Refused('Login was unsuccessful! The name cannot be shown.');
    }
    return $given;
}

/** Return the target when it is a page of this portal, else the home page. */
function own_page(string $target): string
{
    $base = getenv('LAB_BASE_URL');
    if (str_starts_with($target, "$base/")) {
        $target = substr($target, strlen($base));
    }
    return preg_match('#\A/(?![/\\\\])[\x21-\x5b\x5d-\x7e]*\z#', $target) ? $target : '/';
}

/** Keep what was sent of a contact, who is known by the address. */
function keep(array $given): void
{
    $file = contact_file($given['email']);
    $sent = array_intersect_key($given, array_flip(['name', 'email', 'phone', 'company']));
    $sent = array_filter($sent, fn (string $value): bool => trim($value) !== '');
    $before = is_file($file) ? json_decode(file_get_contents($file), true) : [];
    file_put_contents($file, json_encode([...$before, ...$sent], JSON_THROW_ON_ERROR), LOCK_EX);
}

function contact_file(string $email): string
{
    return getenv('LAB_STATE') . '/contact-' . hash('sha256', strtolower($email)) . '.json';
}

function show(int $status, string $body): never
{
    http_response_code($status);
    header('Content-Type: text/html; charset=utf-8');
    exit("<!DOCTYPE html>\n<html lang=en><title>Portal</title>\n$body\n</html>\n");
}

function leave_for(string $url): never
{
    header("Location: $url", true, 302);
    exit;
}

function sign_in(): never
{
    try {
        if ($_SERVER['REQUEST_METHOD'] !== 'GET') {
            throw new Refused('Login was unsuccessful! A login comes as a link.');
        }
        $given = judge($_GET);
    } catch (Refused $refusal) {
        show(403, '<h1>Login refused</h1><p id="login-error">' . htmlspecialchars($refusal->getMessage()) . '</p>');
    }
    keep($given);
    $wanted = $given['redirect_to'] !== '' ? $given['redirect_to'] : ($_SESSION['wanted'] ?? '/');
    session_regenerate_id(true);
    $_SESSION = ['email' => $given['email']];
    leave_for(own_page($wanted));
}

function home(): never
{
    if (!isset($_SESSION['email'])) {
        show(200, '<h1>Portal</h1><p>Nobody is signed in. <a href="/login">Log in</a></p>');
    }
    $shown = '';
    foreach (json_decode(file_get_contents(contact_file($_SESSION['email'])), true) as $field => $value) {
        $shown .= "<p id=\"person-$field\">" . htmlspecialchars($value) . '</p>';
    }
    show(200, "<h1>Portal</h1>$shown<form action=\"/logout\"><button id=\"log-out\">Log out</button></form>");
}

function ask_for_login(): never
{
    $login = getenv('LAB_IDP_REMOTE_LOGIN_URL');
    $base = parse_url(getenv('LAB_BASE_URL'));
    $query = http_build_query(['host_url' => "$base[host]:$base[port]"]);
    leave_for($login . (str_contains($login, '?') ? '&' : '?') . $query);
}

session_start([
    'save_path' => getenv('LAB_STATE'),
    'cookie_httponly' => true,
    'cookie_samesite' => 'Lax',
    'use_strict_mode' => true,
]);
switch (parse_url($_SERVER['REQUEST_URI'], PHP_URL_PATH)) {
    case '/':
        home();
    case '/login':
        ask_for_login();
    case '/support/tickets':
        if (isset($_SESSION['email'])) {
            show(200, '<h1>Tickets</h1>');
        }
        $_SESSION['wanted'] = $_SERVER['REQUEST_URI'];
        ask_for_login();
    case '/login/sso':
    case '/login/sso/':
        sign_in();
    case '/logout':
        $_SESSION = [];
        session_destroy();
        leave_for('/');
    default:
        show(404, '<h1>Not found</h1>');
}
