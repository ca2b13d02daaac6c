<?php

// SimpleSAMLphp's configuration; what is not written here is as by default.

$config = [
    'baseurlpath' => getenv('LAB_BASE_URL') . '/',
    'trusted.url.domains' => [],
    'secretsalt' => trim(file_get_contents(getenv('LAB_STATE') . '/salt')),
    'auth.adminpassword' => bin2hex(random_bytes(16)),
    'timezone' => 'UTC',
    'certdir' => getenv('LAB_STATE'),
    'tempdir' => getenv('LAB_STATE') . '/tmp',
    'logging.handler' => 'errorlog',
    'logging.level' => SimpleSAML\Logger::WARNING,
    'enable.saml20-idp' => true,
    'module.enable' => ['core' => true, 'saml' => true, 'exampleauth' => true],
    'session.cookie.name' => 'simplesamlphp-idp',
    // Added by cookies.php.
    'session.cookie.secure' => false,
    'session.cookie.samesite' => null,
    'store.type' => 'sql',
    'store.sql.dsn' => 'sqlite:' . getenv('LAB_STATE') . '/store.sqlite',
    'metadatadir' => dirname(__DIR__) . '/metadata',
    'metadata.sources' => [['type' => 'flatfile'], ['type' => 'xml', 'file' => getenv('LAB_SP_METADATA')]],
];
