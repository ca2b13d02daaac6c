<?php

// SimpleSAMLphp's configuration; what is not written here is as by default.

$config = [
    'baseurlpath' => getenv('LAB_BASE_URL') . '/simplesaml/',
    'application' => ['baseURL' => getenv('LAB_BASE_URL')],
    'trusted.url.domains' => [parse_url(getenv('LAB_BASE_URL'), PHP_URL_HOST) . ':' . getenv('LAB_PORT')],
    'secretsalt' => trim(file_get_contents(getenv('LAB_STATE') . '/salt')),
    'auth.adminpassword' => bin2hex(random_bytes(16)),
    'timezone' => 'UTC',
    'certdir' => getenv('LAB_STATE'),
    'tempdir' => getenv('LAB_STATE') . '/tmp',
    'logging.handler' => 'errorlog',
    'logging.level' => SimpleSAML\Logger::WARNING,
    'module.enable' => ['core' => true, 'saml' => true],
    'assertion.allowed_clock_skew' => 180, // less is raised to this
    // A store remembers the assertions received and the sessions to log out; PHP's sessions alone do neither.
    'store.type' => 'sql',
    'store.sql.dsn' => 'sqlite:' . getenv('LAB_STATE') . '/store.sqlite',
    // The site's own code adds Secure and SameSite, see site.php.
    'session.cookie.secure' => false,
    'session.cookie.samesite' => null,
    'errors.show_function' => ['Site', 'refuse'],
    'metadata.sources' => [['type' => 'xml', 'file' => getenv('LAB_IDP_METADATA')]],
];
